//! Tensors in both forms and both types.
#![allow(clippy::unwrap_used)]

use super::*;
use oip::InferTensorContents;

fn model() -> Vec<String> {
    ["close", "volume"].map(str::to_owned).to_vec()
}

fn input(name: &str, shape: &[i64], values: &[f64]) -> InferInputTensor {
    InferInputTensor {
        name: name.to_owned(),
        datatype: "FP64".to_owned(),
        shape: shape.to_vec(),
        contents: Some(InferTensorContents {
            fp64_contents: values.to_vec(),
            ..InferTensorContents::default()
        }),
        ..InferInputTensor::default()
    }
}

fn request(inputs: &[InferInputTensor]) -> oip::ModelInferRequest {
    oip::ModelInferRequest {
        inputs: inputs.to_vec(),
        ..oip::ModelInferRequest::default()
    }
}

fn read(inputs: &[InferInputTensor]) -> Result<Vec<Vec<f32>>, ApiError> {
    columns(&request(inputs), &model())
}

#[test]
fn one_tensor_of_all_features_and_one_for_each_say_the_same() {
    let all = input("features", &[3, 2], &[1.0, 10.0, 2.0, 20.0, 3.0, 30.0]);
    let close = input("close", &[3, 1], &[1.0, 2.0, 3.0]);
    let volume = input("volume", &[3], &[10.0, 20.0, 30.0]);
    let expected = vec![vec![1.0, 2.0, 3.0], vec![10.0, 20.0, 30.0]];
    assert_eq!(read(&[all]).unwrap(), expected);
    assert_eq!(read(&[volume, close]).unwrap(), expected);
}

#[test]
fn raw_bytes_and_32_bits_say_the_same() {
    let raw = |datatype: &str, bytes: Vec<u8>| {
        let tensor = InferInputTensor {
            datatype: datatype.to_owned(),
            contents: None,
            ..input("features", &[1, 2], &[])
        };
        oip::ModelInferRequest {
            raw_input_contents: vec![bytes],
            ..request(&[tensor])
        }
    };
    let wide: Vec<u8> = [1.5f64, 2.5].iter().flat_map(|v| v.to_le_bytes()).collect();
    let narrow: Vec<u8> = [1.5f32, 2.5].iter().flat_map(|v| v.to_le_bytes()).collect();
    for request in [raw("FP64", wide.clone()), raw("FP32", narrow)] {
        assert_eq!(columns(&request, &model()).unwrap(), [vec![1.5], vec![2.5]]);
    }
    let mut single = input("features", &[1, 2], &[]);
    single.datatype = "FP32".to_owned();
    single.contents = Some(InferTensorContents {
        fp32_contents: vec![1.5, 2.5],
        ..InferTensorContents::default()
    });
    assert_eq!(read(&[single]).unwrap(), [vec![1.5], vec![2.5]]);
    let short = columns(&raw("FP64", wide[..15].to_vec()), &model()).unwrap_err();
    assert!(short.to_string().contains("15 bytes"), "{short}");
}

#[test]
fn what_is_wrong_is_told_by_its_field() {
    let close = || input("close", &[1], &[1.0]);
    let typed = InferInputTensor {
        datatype: "INT64".to_owned(),
        ..close()
    };
    for (inputs, part) in [
        (vec![], "inputs: required"),
        (vec![close()], "1 of 2 features are left out"),
        (
            vec![close(), input("volum", &[1], &[1.0])],
            "did you mean `volume`",
        ),
        (vec![typed, input("volume", &[1], &[1.0])], "inputs[0].datatype"),
        (
            vec![close(), input("volume", &[2], &[1.0, 2.0])],
            "inputs[1].shape: 2 rows",
        ),
        (
            vec![close(), input("volume", &[2], &[1.0])],
            "inputs[1].contents: 1 values",
        ),
        (
            vec![input("features", &[1, 3], &[1.0; 3])],
            "3 columns for 2 features",
        ),
        (vec![input("features", &[-1, 2], &[])], "give 1 to 1000 rows"),
        (
            vec![input("features", &[i64::MAX, 2], &[])],
            "give 1 to 1000 rows",
        ),
    ] {
        let error = read(&inputs).unwrap_err().to_string();
        assert!(error.contains(part), "{part}: {error}");
    }
    let twice = ["score", "score"].map(|name| InferRequestedOutputTensor {
        name: name.to_owned(),
        ..InferRequestedOutputTensor::default()
    });
    assert!(outputs(&twice).is_err());
    assert_eq!(outputs(&twice[..1]).unwrap(), [Output::Score]);
}
