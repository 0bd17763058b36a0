//! A graph on its way: operators in order, constants beside them.

use super::proto::attribute_proto::AttributeType;
use super::proto::tensor_proto::DataType;
use super::proto::tensor_shape_proto::{Dimension, dimension};
use super::proto::type_proto::{Tensor, Value};
use super::proto::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto,
    TensorProto, TensorShapeProto, TypeProto, ValueInfoProto,
};

/// The version of the format; ONNX 1.16 brought it, with `ai.onnx.ml` 5.
const IR_VERSION: i64 = 10;
const OPSET: i64 = 17;
const ML_OPSET: i64 = 5;
/// The set of operators for trees.
pub(super) const ML: &str = "ai.onnx.ml";
/// The graph's one input.
pub(super) const INPUT: &str = "features";

/// A graph on its way.
pub(super) struct Graph {
    features: usize,
    nodes: Vec<NodeProto>,
    constants: Vec<TensorProto>,
    outputs: Vec<ValueInfoProto>,
}

impl Graph {
    pub(super) fn new(features: usize) -> Self {
        Self {
            features,
            nodes: Vec::new(),
            constants: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// The name of the values: double [rows, features], NaN where the input is NaN or infinite.
    pub(super) fn input(&mut self) -> String {
        let nan = self.constant(tensor(&[], DataType::Float, f32::NAN.to_le_bytes().to_vec()));
        let infinite = self.op("IsInf", &[INPUT], Vec::new());
        let known = self.op("Where", &[&infinite, &nan, INPUT], Vec::new());
        self.op("Cast", &[&known], vec![integer("to", DataType::Double as i64)])
    }

    /// Adds an operator of the common set; the name of what comes out.
    pub(super) fn op(&mut self, op: &str, inputs: &[&str], attributes: Vec<AttributeProto>) -> String {
        self.op_of("", op, inputs, attributes)
    }

    /// Adds an operator of a set; the name of what comes out.
    pub(super) fn op_of(
        &mut self,
        set: &str,
        op: &str,
        inputs: &[&str],
        attributes: Vec<AttributeProto>,
    ) -> String {
        let name = format!("{}_{}", op.to_lowercase(), self.nodes.len());
        self.add(set, op, inputs, attributes, name.clone());
        name
    }

    fn add(&mut self, set: &str, op: &str, inputs: &[&str], attribute: Vec<AttributeProto>, output: String) {
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            name: format!("make_{output}"),
            output: vec![output],
            op_type: op.to_owned(),
            attribute,
            domain: set.to_owned(),
        });
    }

    /// A constant number.
    pub(super) fn number(&mut self, value: f64) -> String {
        self.constant(doubles(&[], &[value]))
    }

    /// Constant numbers, as many as the dimensions say.
    pub(super) fn numbers(&mut self, dims: &[usize], values: &[f64]) -> String {
        self.constant(doubles(dims, values))
    }

    /// A constant place in a direction, which stays when it is gathered.
    pub(super) fn index(&mut self, at: usize) -> String {
        self.constant(tensor(&[1], DataType::Int64, (at as i64).to_le_bytes().to_vec()))
    }

    fn constant(&mut self, mut tensor: TensorProto) -> String {
        let name = format!("constant_{}", self.constants.len());
        tensor.name.clone_from(&name);
        self.constants.push(tensor);
        name
    }

    /// Makes double [rows, 1] an output, double [rows].
    pub(super) fn output_numbers(&mut self, name: &str, of: &str) {
        let axes = self.index(1);
        self.add("", "Squeeze", &[of, &axes], Vec::new(), name.to_owned());
        self.outputs.push(value_info(name, DataType::Double, &[None]));
    }

    /// Makes an output, bool [rows]: whether double [rows, 1] is at least a number.
    pub(super) fn output_decision(&mut self, name: &str, of: &str, least: f64) {
        let least = self.number(least);
        let yes = self.op("GreaterOrEqual", &[of, &least], Vec::new());
        let axes = self.index(1);
        self.add("", "Squeeze", &[&yes, &axes], Vec::new(), name.to_owned());
        self.outputs.push(value_info(name, DataType::Bool, &[None]));
    }

    /// The model of this graph.
    pub(super) fn into_model(self, name: &str, version: &str, metadata: Vec<(&str, String)>) -> ModelProto {
        let set = |domain: &str, version| OperatorSetIdProto {
            domain: domain.to_owned(),
            version,
        };
        let entry = |(key, value): (&str, String)| StringStringEntryProto {
            key: key.to_owned(),
            value,
        };
        ModelProto {
            ir_version: IR_VERSION,
            producer_name: "mltraining".to_owned(),
            producer_version: version.to_owned(),
            doc_string: String::new(),
            graph: Some(GraphProto {
                node: self.nodes,
                name: name.to_owned(),
                initializer: self.constants,
                input: vec![value_info(INPUT, DataType::Float, &[None, Some(self.features)])],
                output: self.outputs,
            }),
            opset_import: vec![set("", OPSET), set(ML, ML_OPSET)],
            metadata_props: metadata.into_iter().map(entry).collect(),
        }
    }
}

/// A tensor of doubles.
pub(super) fn doubles(dims: &[usize], values: &[f64]) -> TensorProto {
    tensor(
        dims,
        DataType::Double,
        values.iter().flat_map(|value| value.to_le_bytes()).collect(),
    )
}

/// A tensor of its little-endian elements.
pub(super) fn tensor(dims: &[usize], of: DataType, raw_data: Vec<u8>) -> TensorProto {
    TensorProto {
        dims: dims.iter().map(|&dim| dim as i64).collect(),
        data_type: of.into(),
        name: String::new(),
        raw_data,
    }
}

/// An integer attribute.
pub(super) fn integer(name: &str, i: i64) -> AttributeProto {
    AttributeProto {
        i,
        ..attribute(name, AttributeType::Int)
    }
}

/// An attribute of integers.
pub(super) fn integers(name: &str, ints: Vec<i64>) -> AttributeProto {
    AttributeProto {
        ints,
        ..attribute(name, AttributeType::Ints)
    }
}

/// An attribute that is a tensor.
pub(super) fn of_tensor(name: &str, tensor: TensorProto) -> AttributeProto {
    AttributeProto {
        t: Some(TensorProto {
            name: name.to_owned(),
            ..tensor
        }),
        ..attribute(name, AttributeType::Tensor)
    }
}

fn attribute(name: &str, of: AttributeType) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: of.into(),
        ..AttributeProto::default()
    }
}

/// The type of an input or output; free directions are as long as there are rows.
fn value_info(name: &str, of: DataType, dims: &[Option<usize>]) -> ValueInfoProto {
    let dimension = |dim: &Option<usize>| Dimension {
        value: Some(match dim {
            Some(fixed) => dimension::Value::DimValue(*fixed as i64),
            None => dimension::Value::DimParam("rows".to_owned()),
        }),
    };
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto {
            value: Some(Value::TensorType(Tensor {
                elem_type: of.into(),
                shape: Some(TensorShapeProto {
                    dim: dims.iter().map(dimension).collect(),
                }),
            })),
        }),
        doc_string: String::new(),
    }
}
