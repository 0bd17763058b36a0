//! One written feature, and what stands between its parentheses, for one source.

use super::suggest::did_you_mean;
use super::{Arguments, AsOf, FAMILIES, Family, Input, Need, Parameter, PlannedFeature, family};
use mltraining_domain::{ColumnRole, FeatureExpr, SourceContext, SourceSpec, Window};

/// One written feature for this source, in its one canonical form. A bare name is a column if the source has it, else a
/// family without parentheses.
///
/// # Errors
/// What does not fit, with the nearest known name or with how it is written.
pub(crate) fn plan_one(expr: &FeatureExpr, source: &SourceSpec) -> Result<PlannedFeature, String> {
    if let Some(column) = source.column(&expr.head) {
        if expr.arguments.is_empty() {
            return Ok(raw(&column.name));
        }
        if family(&expr.head).is_none() {
            let name = &column.name;
            return Err(format!(
                "`{name}` is a column and takes no arguments; write `{name}`"
            ));
        }
    }
    let family = family(&expr.head).ok_or_else(|| unknown(&expr.head, source))?;
    check_count(family, expr)?;
    let mut feature = PlannedFeature {
        expr: FeatureExpr::bare(family.name),
        family,
        inputs: Vec::new(),
        arguments: Arguments::default(),
    };
    let mut context = None;
    for (parameter, text) in family.parameters.iter().zip(&expr.arguments) {
        if *parameter == Parameter::Context {
            context = Some(find_context(text, source)?);
        }
        feature.take(*parameter, text, source, context)?;
    }
    feature.take_needs(source)?;
    feature.check_inputs()?;
    match feature.inputs.as_slice() {
        [input] if family.name == crate::families::RAW => match input {
            Input::Column(column) => Ok(raw(column)),
            Input::Feature(inner) => Ok(inner.as_ref().clone()),
            Input::AsOf(_) => Ok(feature),
        },
        _ => Ok(feature),
    }
}

/// A raw column; `close` and `raw(close)` are one feature, `close`.
fn raw(column: &str) -> PlannedFeature {
    PlannedFeature {
        expr: FeatureExpr::bare(column),
        family: family(crate::families::RAW).expect("the family of raw columns is always registered"),
        inputs: vec![Input::Column(column.to_owned())],
        arguments: Arguments::default(),
    }
}

impl PlannedFeature {
    /// Reads the next of what stands between the parentheses; after the name of a context, in that.
    fn take(
        &mut self,
        parameter: Parameter,
        text: &str,
        source: &SourceSpec,
        context: Option<&SourceContext>,
    ) -> Result<(), String> {
        let canonical = match (parameter, context) {
            (Parameter::Context, _) => text.to_owned(),
            (Parameter::Column, Some(context)) => {
                let inner = plan_of_context(text, context)?;
                let name = inner.name();
                self.inputs.push(Input::AsOf(Box::new(AsOf {
                    context: context.name.clone(),
                    availability_delay: context.availability_delay,
                    max_age: context.max_age,
                    feature: inner,
                })));
                name
            }
            (Parameter::Column, None) => {
                let inner = plan_input(text, source)?;
                let name = inner.name();
                self.inputs.push(if inner.family.name == crate::families::RAW {
                    Input::Column(name.clone())
                } else {
                    Input::Feature(Box::new(inner))
                });
                name
            }
            (Parameter::Window | Parameter::Bars, _) => {
                let window = read_window(self.family, parameter, text)?;
                self.arguments.window = Some(window);
                window.to_string()
            }
            (Parameter::Number, _) => {
                let number = read_number(self.family, text)?;
                self.arguments.number = Some(number);
                shown(number)
            }
        };
        self.expr.arguments.push(canonical);
        Ok(())
    }

    /// Earlier rows of an entity are read only if it has one in the range, and no further back than features look: what its
    /// rank was among all of them cannot be said.
    fn check_inputs(&self) -> Result<(), String> {
        let ranked = self.inputs.iter().find_map(|input| match input {
            Input::Feature(inner) if inner.sees_other_entities() => Some(inner),
            _ => None,
        });
        match ranked {
            Some(ranked) if self.family.reach.looks_back() => Err(format!(
                "`{}` looks back, and earlier rows are not read of every entity that `{ranked}` ranks; let what is ranked look \
                 back instead, as in `cross_section_rank(rolling_mean(close, 10))`",
                self.family.name,
                ranked = ranked.name()
            )),
            _ => Ok(()),
        }
    }

    /// Finds the columns that the family needs by their roles.
    fn take_needs(&mut self, source: &SourceSpec) -> Result<(), String> {
        for need in self.family.needs {
            match need {
                Need::Phase if source.phase_column.is_none() => {
                    let name = self.family.name;
                    return Err(format!("`{name}` needs a source with a phase column"));
                }
                Need::Phase => {}
                Need::Role(role) => {
                    let column = column_of_role(*role, self.family, source)?;
                    self.inputs.push(Input::Column(column));
                }
            }
        }
        Ok(())
    }
}

/// What stands in the place of a column: one, or a feature.
fn plan_input(text: &str, source: &SourceSpec) -> Result<PlannedFeature, String> {
    let expr: FeatureExpr = text.parse().map_err(|_| unknown(text, source))?;
    if expr.arguments.is_empty() && source.column(text).is_none() && family(text).is_none() {
        let known = source.columns.iter().map(|column| column.name.as_str());
        let hint = did_you_mean(text, known);
        return Err(format!("the source has no column `{text}`{hint}"));
    }
    plan_one(&expr, source)
}

/// A feature of a context's own rows, which are those of one series.
fn plan_of_context(text: &str, context: &SourceContext) -> Result<PlannedFeature, String> {
    let inner =
        plan_input(text, &context.spec).map_err(|text| format!("context `{}`: {text}", context.name))?;
    if inner.sees_other_entities() {
        let (name, context) = (inner.name(), &context.name);
        return Err(format!(
            "`{name}`: the context `{context}` is one series, which has no rank"
        ));
    }
    Ok(inner)
}

fn find_context<'a>(name: &str, source: &'a SourceSpec) -> Result<&'a SourceContext, String> {
    source.context(name).ok_or_else(|| {
        if source.contexts.is_empty() {
            return format!(
                "the source has no context `{name}`, nor any other; CreateSource registers a source with contexts"
            );
        }
        let known: Vec<&str> = source.contexts.iter().map(|context| context.name.as_str()).collect();
        let hint = did_you_mean(name, known.iter().copied());
        format!("the source has no context `{name}`{hint} (contexts: {})", known.join(", "))
    })
}

fn read_window(family: &Family, parameter: Parameter, text: &str) -> Result<Window, String> {
    let window: Window = text.parse().map_err(|_| not_a(parameter, family, text))?;
    if parameter == Parameter::Bars && !matches!(window, Window::Bars(_)) {
        return Err(not_a(parameter, family, text));
    }
    if let Some(fault) = window.fault() {
        return Err(fault);
    }
    if !family.allows(window) {
        let (name, least) = (family.name, family.min_bars);
        return Err(format!(
            "a window of {window} would always be unknown; `{name}` needs at least {least} bars"
        ));
    }
    Ok(window)
}

fn read_number(family: &Family, text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    // -0 is 0.
    let number = number.map(|number| number + 0.0);
    number.ok_or_else(|| not_a(Parameter::Number, family, text))
}

fn not_a(parameter: Parameter, family: &Family, text: &str) -> String {
    let (name, wanted, example) = (family.name, listed(&[parameter]), family.example);
    format!("`{name}` needs {wanted} in place of `{text}`; write it as `{example}`")
}

/// The shorter of `0.00000001` and `1e-8`; either reads back as the very number.
fn shown(number: f64) -> String {
    let (plain, exponent) = (number.to_string(), format!("{number:e}"));
    if exponent.len() < plain.len() {
        exponent
    } else {
        plain
    }
}

/// What a family takes is all there, and nothing else.
fn check_count(family: &Family, expr: &FeatureExpr) -> Result<(), String> {
    let (takes, given) = (family.parameters, expr.arguments.len());
    let fault = match takes.get(given..) {
        Some([]) => return Ok(()),
        Some(missing) => format!("needs {}", listed(missing)),
        None if takes.is_empty() => "takes no arguments".to_owned(),
        None => format!("takes only {}", listed(takes)),
    };
    Err(format!(
        "`{}` {fault}; write it as `{}`",
        family.name, family.example
    ))
}

fn listed(parameters: &[Parameter]) -> String {
    let one = |parameter: &Parameter| match parameter {
        Parameter::Column => "a column",
        Parameter::Window => "a window (in bars or in time)",
        Parameter::Bars => "a number of bars",
        Parameter::Number => "a number",
        Parameter::Context => "the name of a context",
    };
    let all: Vec<&str> = parameters.iter().map(one).collect();
    all.join(" and ")
}

fn column_of_role(role: ColumnRole, family: &Family, source: &SourceSpec) -> Result<String, String> {
    let column = source.column_by_role(role);
    column.map(|column| column.name.clone()).ok_or_else(|| {
        let name = family.name;
        format!("`{name}` needs a column with the role {role:?}; give one of the source's columns that role")
    })
}

fn unknown(name: &str, source: &SourceSpec) -> String {
    let columns = source.columns.iter().map(|column| column.name.as_str());
    let known = FAMILIES.iter().map(|family| family.name).chain(columns);
    format!(
        "unknown feature `{name}`: neither a family of the catalogue nor a column of the source{}",
        did_you_mean(name, known)
    )
}
