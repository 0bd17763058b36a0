//! Sources with contexts and times of recording: registered, trained on, refused.

use crate::house::{
    BARS, ENTITIES, House, START, at, bars, create_bars, label, range, refused, seconds, train,
};
use mltraining_proto::v1;
use tonic::{Code, Status};

/// A table of rates without an entity, a row a minute; `bars` gets a time of recording, an hour after its time.
fn make_rates(house: &House) {
    house.make_bars();
    house.sql(&format!(
        "create table rates (at timestamptz, sol_price_usd numeric(20, 6));
         insert into rates select to_timestamp({START} + 60 * m), 100 + m from generate_series(0, {BARS} - 1) m;
         alter table bars add recorded_at timestamptz;
         update bars set recorded_at = at + interval '1 hour'"
    ));
}

async fn create(house: &House, id: &str, source: v1::Source) -> Result<v1::Source, Status> {
    let request = v1::CreateSourceRequest {
        source_id: id.to_owned(),
        source: Some(source),
        ..create_bars()
    };
    let made = house.catalog().create_source(request).await;
    made.map(tonic::Response::into_inner)
}

fn rates() -> v1::Source {
    v1::Source {
        table: "rates".to_owned(),
        time_column: "at".to_owned(),
        single_series: true,
        bar_interval: seconds(60),
        ..v1::Source::default()
    }
}

fn context(name: &str, source: &str, entity: &str) -> v1::SourceContext {
    v1::SourceContext {
        name: name.to_owned(),
        source: format!("projects/default/sources/{source}"),
        entity: entity.to_owned(),
        ..v1::SourceContext::default()
    }
}

/// The bars with the rates and one leading entity beside them.
fn bars_with_contexts() -> v1::Source {
    v1::Source {
        contexts: vec![
            context("leader", "bars", "e0"),
            context("exchange_rates", "rates", ""),
        ],
        recorded_time_column: "recorded_at".to_owned(),
        ..bars()
    }
}

async fn house() -> House {
    let house = House::empty().await;
    make_rates(&house);
    create(&house, "rates", rates()).await.unwrap();
    create(&house, "bars", bars_with_contexts()).await.unwrap();
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_shows_its_contexts_with_every_default_filled_in() {
    let house = house().await;
    let request = v1::GetSourceRequest {
        name: "projects/default/sources/bars".to_owned(),
    };
    let shown = house.catalog().get_source(request).await.unwrap().into_inner();
    let expected = |context: v1::SourceContext| v1::SourceContext {
        availability_delay: seconds(0),
        max_age: seconds(180),
        ..context
    };
    assert_eq!(
        shown.contexts,
        [
            expected(context("exchange_rates", "rates", "")),
            expected(context("leader", "bars", "e0")),
        ]
    );
    assert_eq!(shown.recorded_time_column, "recorded_at");
    assert!(!shown.single_series);
    assert!(
        shown.columns.iter().all(|column| column.name != "recorded_at"),
        "a time is no value"
    );
    let request = v1::GetSourceRequest {
        name: "projects/default/sources/rates".to_owned(),
    };
    let shown = house.catalog().get_source(request).await.unwrap().into_inner();
    assert_eq!((shown.entity_column.as_str(), shown.single_series), ("", true));
    let request = v1::GetSourceCoverageRequest {
        name: shown.name,
        ..v1::GetSourceCoverageRequest::default()
    };
    let covered = house
        .catalog()
        .get_source_coverage(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((covered.row_count, covered.entity_count), (BARS, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn contexts_that_do_not_fit_are_refused_and_write_nothing() {
    let house = house().await;
    let before = house.contents();
    let wrong = async |fields: &[&str], change: &dyn Fn(&mut v1::Source)| {
        let mut source = bars_with_contexts();
        change(&mut source);
        let status = create(&house, "more", source).await.unwrap_err();
        refused(&status, Code::InvalidArgument, "INVALID_FIELD", fields);
        status.message().to_owned()
    };
    let first = |field: &str| format!("source.contexts[0].{field}");
    wrong(&[&first("name")], &|s| s.contexts[0].name = "a-b".to_owned()).await;
    wrong(&["source.contexts[1].name"], &|s| {
        s.contexts[1].name = "leader".to_owned();
    })
    .await;
    wrong(&[&first("source")], &|s| {
        s.contexts[0].source = "projects/default/sources/none".to_owned();
    })
    .await;
    wrong(&[&first("source")], &|s| {
        s.contexts[0].source = "projects/other/sources/bars".to_owned();
    })
    .await;
    wrong(&[&first("source")], &|s| s.contexts[0].source.clear()).await;
    wrong(&[&first("entity")], &|s| s.contexts[0].entity.clear()).await;
    wrong(&["source.contexts[1].entity"], &|s| {
        s.contexts[1].entity = "x".to_owned();
    })
    .await;
    wrong(&[&first("max_age")], &|s| s.contexts[0].max_age = seconds(0)).await;
    wrong(&[&first("availability_delay")], &|s| {
        s.contexts[0].availability_delay = seconds(5);
        s.contexts[0].max_age = seconds(4);
    })
    .await;
    let many: Vec<_> = (0..17).map(|i| context(&format!("c{i}"), "rates", "")).collect();
    wrong(&["source.contexts"], &|s| s.contexts.clone_from(&many)).await;
    wrong(&["source.entity_column"], &|s| s.single_series = true).await;
    wrong(&["source.entity_column"], &|s| s.entity_column.clear()).await;
    wrong(&["source.recorded_time_column"], &|s| {
        s.recorded_time_column = "note".to_owned();
    })
    .await;
    wrong(&["source.recorded_time_column"], &|s| {
        s.recorded_time_column = "at".to_owned();
    })
    .await;
    assert_eq!(house.contents(), before);
}

/// A training on features of the contexts, only checked.
fn with_contexts() -> v1::TrainModelRequest {
    let mut request = train();
    request.validate_only = true;
    request.spec.as_mut().unwrap().features = Some(v1::FeatureSpec {
        features: vec![
            "close".to_owned(),
            "as_of(leader, log_return(close, 5))".to_owned(),
            "as_of(exchange_rates, sol_price_usd)".to_owned(),
            "cross_section_rank(close)".to_owned(),
        ],
        ..v1::FeatureSpec::default()
    });
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_on_contexts_counts_their_rows_and_a_set_says_what_it_leaves_out() {
    let house = house().await;
    let estimate = async |request| {
        let job = house.training().train_model(request).await?.into_inner();
        Ok::<_, Status>(job.estimate.unwrap())
    };
    let found = estimate(with_contexts()).await.unwrap();
    assert_eq!((found.rows, found.features), (ENTITIES * BARS + 2 * BARS, 4));
    assert!(
        found.warnings.iter().all(|text| !text.contains("leaves out")),
        "{:?}",
        found.warnings
    );
    let mut few = with_contexts();
    few.spec.as_mut().unwrap().max_rows = Some(ENTITIES * BARS + BARS);
    let status = estimate(few).await.unwrap_err();
    refused(&status, Code::FailedPrecondition, "ROW_LIMIT_EXCEEDED", &[]);
    let mut set = with_contexts();
    set.spec.as_mut().unwrap().features.as_mut().unwrap().sets = vec!["pump_detection".to_owned()];
    let found = estimate(set).await.unwrap();
    let told = found.warnings.iter().find(|text| text.contains("leaves out"));
    let told = told.unwrap_or_else(|| panic!("{:?}", found.warnings));
    assert!(
        told.contains("the set `pump_detection` leaves out above(dev_sold_amount, 0), "),
        "{told}"
    );
    let mut unknown = with_contexts();
    unknown.spec.as_mut().unwrap().features.as_mut().unwrap().features[2] = "as_of(leadr, close)".to_owned();
    let status = estimate(unknown).await.unwrap_err();
    let field = ["spec.features.features[2]"];
    refused(&status, Code::InvalidArgument, "UNKNOWN_FEATURE", &field);
    let request = v1::ListFeaturesRequest {
        source: "projects/default/sources/bars".to_owned(),
        page_size: 1000,
        ..v1::ListFeaturesRequest::default()
    };
    let listed = house.catalog().list_features(request).await.unwrap().into_inner();
    let pump = listed
        .sets
        .iter()
        .find(|set| set.name == "pump_detection")
        .unwrap();
    let price = "as_of(exchange_rates, sol_price_usd)".to_owned();
    assert!(pump.expanded_features.contains(&price) && !pump.left_out_features.contains(&price));
    let as_of = listed
        .features
        .iter()
        .find(|family| family.name == "as_of")
        .unwrap();
    assert_eq!(
        as_of.parameters,
        [
            v1::FeatureParameter::Context as i32,
            v1::FeatureParameter::Column as i32
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_known_then_is_asked_only_of_sources_that_can_say_it() {
    let house = house().await;
    // The first hour of the bars was recorded by then.
    let then = at(START + 2 * 3600);
    let refuse = |status: Status, field: &str| {
        refused(&status, Code::InvalidArgument, "INVALID_FIELD", &[field]);
    };
    let mut request = with_contexts();
    request.spec.as_mut().unwrap().known_before = then;
    let status = house.training().train_model(request.clone()).await.unwrap_err();
    refuse(status, "spec.known_before");
    let spec = request.spec.as_mut().unwrap();
    spec.features.as_mut().unwrap().features.remove(2);
    let job = house
        .training()
        .train_model(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(job.estimate.unwrap().rows, (ENTITIES + 1) * 60);
    let Some(v1::job::Spec::TrainSpec(shown)) = job.spec else {
        panic!("a spec")
    };
    assert_eq!(shown.known_before, then);
}

#[tokio::test(flavor = "multi_thread")]
async fn previews_and_coverages_count_what_was_known_then() {
    let house = house().await;
    let then = at(START + 2 * 3600);
    let refuse = |status: Status, field: &str| {
        refused(&status, Code::InvalidArgument, "INVALID_FIELD", &[field]);
    };
    let preview = v1::PreviewLabelsRequest {
        source: "projects/default/sources/bars".to_owned(),
        range: range(START, START + 60 * BARS),
        label: Some(label(0.015, 120)),
        known_before: then,
        ..v1::PreviewLabelsRequest::default()
    };
    let counted = house
        .dataset()
        .preview_labels(preview.clone())
        .await
        .unwrap()
        .into_inner();
    let total = counted.total.unwrap();
    assert_eq!(total.positives + total.negatives + total.unknown, ENTITIES * 60);
    let of_rates = v1::PreviewLabelsRequest {
        source: "projects/default/sources/rates".to_owned(),
        label: Some(v1::LabelSpec {
            kind: Some(v1::label_spec::Kind::ChangeAtHorizon(v1::ChangeAtHorizon {
                column: "sol_price_usd".to_owned(),
                change: 0.1,
                horizon: seconds(60),
                ..v1::ChangeAtHorizon::default()
            })),
        }),
        ..preview.clone()
    };
    refuse(
        house.dataset().preview_labels(of_rates).await.unwrap_err(),
        "known_before",
    );
    let early = v1::PreviewLabelsRequest {
        known_before: at(START),
        ..preview
    };
    let status = house.dataset().preview_labels(early).await.unwrap_err();
    refused(&status, Code::FailedPrecondition, "TIME_RANGE_EMPTY", &[]);
    let coverage = |source: &str| v1::GetSourceCoverageRequest {
        name: format!("projects/default/sources/{source}"),
        known_before: then,
        ..v1::GetSourceCoverageRequest::default()
    };
    let covered = house
        .catalog()
        .get_source_coverage(coverage("bars"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(covered.row_count, ENTITIES * 60);
    let status = house
        .catalog()
        .get_source_coverage(coverage("rates"))
        .await
        .unwrap_err();
    refuse(status, "known_before");
}
