//! PreviewDataset against what PostgreSQL says of the same rows. That it is what a training does is held by the tests of the
//! whole system.

use crate::house::{BARS, ENTITIES, House, START, metadata, range, refused, seconds, train};
use mltraining_proto::v1;
use tonic::{Code, Status};

fn request(change: impl FnOnce(&mut v1::TrainSpec)) -> v1::PreviewDatasetRequest {
    let mut spec = train().spec.unwrap();
    spec.features = Some(v1::FeatureSpec {
        features: ["close", "volume", "gone", "rolling_mean(close, 5)"]
            .map(str::to_owned)
            .to_vec(),
        ..v1::FeatureSpec::default()
    });
    change(&mut spec);
    v1::PreviewDatasetRequest {
        spec: Some(spec),
        ..v1::PreviewDatasetRequest::default()
    }
}

async fn ask(
    house: &House,
    request: v1::PreviewDatasetRequest,
) -> Result<v1::PreviewDatasetResponse, Status> {
    let answer = house.dataset().preview_dataset(request).await?;
    Ok(answer.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_has_the_statistics_that_the_database_has() {
    let house = House::with_bars().await;
    let before = house.contents();
    let found = ask(&house, request(|_| {})).await.unwrap();
    let rows = found.row_counts.unwrap();
    assert_eq!(rows.read, ENTITIES * BARS);
    assert_eq!(
        rows.read,
        rows.warm_up + rows.filtered + rows.unknown + rows.labeled
    );
    assert_eq!(rows.unknown, ENTITIES * 2, "the last two bars of each entity");
    let close = &found.features[0];
    let counted = house.sql(
        "with k as (select close, row_number() over (partition by entity order by at) as n from bars)
         select count(*), avg(close::float4::float8)::text, stddev_samp(close::float4::float8)::text,
            percentile_cont(0.25) within group (order by close::float4::float8) from k where n <= 118",
    );
    let counted: Vec<f64> = counted.split('|').map(|number| number.parse().unwrap()).collect();
    let shown = [
        close.count as f64,
        close.mean.unwrap(),
        close.std.unwrap(),
        close.p25.unwrap(),
    ];
    for (shown, counted) in shown.iter().zip(&counted) {
        assert!(
            (shown - counted).abs() <= 1e-9 * counted.abs(),
            "{shown:?} {counted:?}"
        );
    }
    let gone = &found.features[2];
    assert_eq!((gone.count, gone.missing, gone.mean), (0, rows.labeled, None));
    assert!(gone.zero_variance && !close.zero_variance);
    assert_eq!((found.folds.len(), found.rows.len()), (5, 20));
    for row in &found.rows {
        assert!(row.values[0].value.is_some() && row.values[2].value.is_none());
        assert_eq!(row.values.len(), 4);
    }
    assert_eq!(found.first_decision_time, crate::house::at(START));
    assert_eq!(found.refusal, None);
    assert_eq!(found.source_fingerprint.len(), 64);
    assert_eq!(house.contents(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_read_and_told_apart() {
    let house = House::with_bars().await;
    let later = request(|spec| {
        spec.range = range(START + 60 * 30, START + 60 * BARS);
        spec.phases = vec![1];
    });
    let found = ask(&house, later).await.unwrap();
    let rows = found.row_counts.unwrap();
    assert_eq!(rows.warm_up, ENTITIES * 4, "a mean over 5 bars looks 4 back");
    assert_eq!(rows.filtered, ENTITIES * 60, "the second hour is of phase 2");
    assert_eq!(
        rows.read,
        rows.warm_up + rows.filtered + rows.unknown + rows.labeled
    );
    assert_eq!(found.features[3].missing, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_training_would_refuse_is_refused_or_told() {
    let house = House::with_bars().await;
    let wrong = v1::PreviewDatasetRequest {
        max_rows_shown: Some(1001),
        ..request(|spec| spec.label = None)
    };
    let status = ask(&house, wrong).await.unwrap_err();
    refused(
        &status,
        Code::InvalidArgument,
        "INVALID_FIELD",
        &["max_rows_shown", "spec.label"],
    );
    let misspelt = request(|spec| spec.features.as_mut().unwrap().features[0] = "clos".to_owned());
    let status = ask(&house, misspelt).await.unwrap_err();
    refused(
        &status,
        Code::InvalidArgument,
        "UNKNOWN_FEATURE",
        &["spec.features.features[0]"],
    );
    let few = request(|spec| spec.max_rows = Some(10));
    let status = ask(&house, few).await.unwrap_err();
    refused(&status, Code::FailedPrecondition, "ROW_LIMIT_EXCEEDED", &[]);
    assert_eq!(metadata(&status, "max_rows"), "10");
    let empty = request(|spec| spec.range = range(START - 60, START));
    let status = ask(&house, empty).await.unwrap_err();
    refused(&status, Code::FailedPrecondition, "TIME_RANGE_EMPTY", &[]);

    let never = request(|spec| spec.label = Some(crate::house::label(900.0, 120)));
    let found = ask(&house, never).await.unwrap();
    let refusal = found.refusal.unwrap();
    assert_eq!(refusal.reason(), v1::ErrorReason::LabelHasNoPositives);
    assert_eq!((found.folds.len(), found.positive_share), (0, Some(0.0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn more_values_than_an_answer_holds_are_refused_with_the_number_that_fits() {
    let house = House::with_bars().await;
    let windows = (2..=203).map(|bars| format!("rolling_mean(close, {bars})"));
    let wide = v1::PreviewDatasetRequest {
        max_rows_shown: Some(1000),
        ..request(|spec| spec.features.as_mut().unwrap().features = windows.collect())
    };
    let status = ask(&house, wide).await.unwrap_err();
    refused(
        &status,
        Code::InvalidArgument,
        "INVALID_FIELD",
        &["max_rows_shown"],
    );
    assert!(status.message().contains("give at most 990"), "{status}");
    let none = v1::PreviewDatasetRequest {
        max_rows_shown: Some(0),
        ..request(|spec| spec.label = Some(crate::house::label(0.02, seconds(120).unwrap().seconds)))
    };
    assert!(ask(&house, none).await.unwrap().rows.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_take_too_much_memory_is_refused_before_it_is_read() {
    let house = House::with(|config| config.server.max_preview_bytes = 1 << 10).await;
    house.make_bars();
    house
        .catalog()
        .create_source(crate::house::create_bars())
        .await
        .unwrap();
    let status = ask(&house, request(|_| {})).await.unwrap_err();
    refused(&status, Code::ResourceExhausted, "MEMORY_LIMIT", &["spec.range"]);
    assert_eq!(metadata(&status, "limit_bytes"), "1024");
    assert!(status.message().contains("360 rows would take 1 MiB"), "{status}");
    let labels = v1::PreviewLabelsRequest {
        source: "projects/default/sources/bars".to_owned(),
        range: range(START, START + 60 * BARS),
        label: Some(crate::house::label(0.02, 120)),
        ..v1::PreviewLabelsRequest::default()
    };
    let status = house.dataset().preview_labels(labels).await.unwrap_err();
    refused(&status, Code::ResourceExhausted, "MEMORY_LIMIT", &["range"]);
}
