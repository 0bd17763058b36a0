//! Sources, features, algorithms, phases.

use crate::house::{BARS, ENTITIES, House, bars, create_bars, metadata, refused, seconds};
use mltraining_proto::v1;
use tonic::{Code, Status};

async fn create(house: &House, source: v1::Source) -> Result<v1::Source, Status> {
    let request = v1::CreateSourceRequest {
        source: Some(source),
        ..create_bars()
    };
    house
        .catalog()
        .create_source(request)
        .await
        .map(tonic::Response::into_inner)
}

fn column(name: &str, role: v1::ColumnRole) -> v1::SourceColumn {
    v1::SourceColumn {
        name: name.to_owned(),
        role: role.into(),
        ..v1::SourceColumn::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_without_columns_takes_all_that_can_be_values() {
    let house = House::empty().await;
    house.make_bars();
    let source = create(&house, bars()).await.unwrap();
    let columns: Vec<(&str, v1::DataType, v1::ColumnRole)> = source
        .columns
        .iter()
        .map(|c| (c.name.as_str(), c.data_type(), c.role()))
        .collect();
    assert_eq!(
        columns,
        [
            ("close", v1::DataType::Float, v1::ColumnRole::Close),
            ("volume", v1::DataType::Numeric, v1::ColumnRole::Volume),
            ("price_open", v1::DataType::Float, v1::ColumnRole::Open),
            ("rising", v1::DataType::Boolean, v1::ColumnRole::Unspecified),
            ("gone", v1::DataType::Float, v1::ColumnRole::Unspecified),
        ]
    );
    assert_eq!(
        (source.schema.as_str(), source.display_name.as_str()),
        ("public", "bars")
    );
    assert_eq!(source.duplicate_rule(), v1::DuplicateRule::Refuse);
    let get = v1::GetSourceRequest {
        name: source.name.clone(),
    };
    assert_eq!(
        house.catalog().get_source(get).await.unwrap().into_inner(),
        source
    );
    let taken = create(&house, bars()).await.unwrap_err();
    refused(&taken, Code::AlreadyExists, "ALREADY_EXISTS", &[]);
    assert_eq!(metadata(&taken, "name"), source.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn named_columns_keep_their_roles_and_get_their_types() {
    let house = House::empty().await;
    house.make_bars();
    let named = v1::Source {
        columns: vec![
            column("price_open", v1::ColumnRole::Close),
            column("close", v1::ColumnRole::Unspecified),
        ],
        phases: vec![
            v1::Phase {
                id: 2,
                ..v1::Phase::default()
            },
            v1::Phase {
                id: 1,
                display_name: "young".to_owned(),
                bar_interval: seconds(5),
            },
        ],
        ..bars()
    };
    let source = create(&house, named).await.unwrap();
    let columns: Vec<(v1::DataType, v1::ColumnRole)> =
        source.columns.iter().map(|c| (c.data_type(), c.role())).collect();
    let float = v1::DataType::Float;
    assert_eq!(
        columns,
        [
            (float, v1::ColumnRole::Close),
            (float, v1::ColumnRole::Unspecified)
        ]
    );
    let page = |token: String| v1::ListPhasesRequest {
        parent: source.name.clone(),
        page_size: 1,
        page_token: token,
    };
    let first = house
        .catalog()
        .list_phases(page(String::new()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (first.phases[0].id, first.phases[0].display_name.as_str()),
        (1, "young")
    );
    let second = house
        .catalog()
        .list_phases(page(first.next_page_token))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((second.phases[0].id, second.next_page_token.as_str()), (2, ""));
}

/// The refusal of the good source after `change` names exactly these fields.
async fn wrong(house: &House, fields: &[&str], change: impl FnOnce(&mut v1::Source)) {
    let mut source = bars();
    change(&mut source);
    let status = create(house, source).await.unwrap_err();
    refused(&status, Code::InvalidArgument, "INVALID_FIELD", fields);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_does_not_fit_its_table_is_refused_and_writes_nothing() {
    const HOSTILE: &str = "x\"; drop table job; --";
    let house = House::empty().await;
    house.make_bars();
    let before = house.contents();
    wrong(&house, &["source.table"], |s| s.table = HOSTILE.to_owned()).await;
    wrong(&house, &["source.table"], |s| s.schema = HOSTILE.to_owned()).await;
    wrong(&house, &["source.entity_column"], |s| {
        s.entity_column = HOSTILE.to_owned();
    })
    .await;
    wrong(&house, &["source.time_column"], |s| {
        s.time_column = "close".to_owned();
    })
    .await;
    wrong(&house, &["source.phase_column"], |s| {
        s.phase_column = "note".to_owned();
    })
    .await;
    let unfit = column("note", v1::ColumnRole::High);
    let with_close = vec![column("close", v1::ColumnRole::Close), unfit];
    wrong(&house, &["source.columns[1]"], |s| s.columns = with_close).await;
    let hostile = vec![column(HOSTILE, v1::ColumnRole::Close)];
    wrong(&house, &["source.columns[0]"], |s| s.columns = hostile).await;
    let all = ["source.bar_interval", "source.entity_column", "source.columns[0]"];
    let change = |source: &mut v1::Source| {
        source.bar_interval = None;
        source.entity_column = "none".to_owned();
        source.columns = vec![v1::SourceColumn {
            data_type: v1::DataType::Integer.into(),
            ..column("close", v1::ColumnRole::Close)
        }];
    };
    wrong(&house, &all, change).await;
    let only_checked = v1::CreateSourceRequest {
        validate_only: true,
        ..create_bars()
    };
    let checked = house.catalog().create_source(only_checked).await;
    let shown = checked.unwrap().into_inner();
    assert_eq!(
        (shown.columns.len(), shown.uid.as_str(), shown.create_time),
        (5, "", None)
    );
    assert_eq!(house.contents(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn coverage_counts_what_is_there() {
    let house = House::with_bars().await;
    let request = v1::GetSourceCoverageRequest {
        name: "projects/default/sources/bars".to_owned(),
        ..v1::GetSourceCoverageRequest::default()
    };
    let coverage = house
        .catalog()
        .get_source_coverage(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (coverage.row_count, coverage.entity_count),
        (ENTITIES * BARS, ENTITIES)
    );
    let gone = coverage
        .columns
        .iter()
        .find(|column| column.column == "gone")
        .unwrap();
    assert_eq!((gone.null_count, gone.null_share), (ENTITIES * BARS, Some(1.0)));
    assert_eq!(coverage.gaps.unwrap().gap_count, 0);
    assert_eq!(coverage.phases.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_lists_features_and_algorithms_and_writes_sets_out() {
    let house = House::with_bars().await;
    let request = v1::ListFeaturesRequest {
        source: "projects/default/sources/bars".to_owned(),
        page_size: 3,
        ..v1::ListFeaturesRequest::default()
    };
    let first = house
        .catalog()
        .list_features(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first.features.len(), 3);
    let core = first.sets.iter().find(|set| set.name == "core").unwrap();
    assert!(
        core.expanded_features
            .contains(&"rolling_mean(close, 10)".to_owned())
    );
    let mut names: Vec<String> = first.features.into_iter().map(|feature| feature.name).collect();
    let mut token = first.next_page_token;
    while !token.is_empty() {
        let request = v1::ListFeaturesRequest {
            page_token: token,
            ..request.clone()
        };
        let page = house.catalog().list_features(request).await.unwrap().into_inner();
        assert!(page.sets.is_empty());
        names.extend(page.features.into_iter().map(|feature| feature.name));
        token = page.next_page_token;
    }
    assert!(
        names.is_sorted() && names.contains(&"z_score".to_owned()),
        "{names:?}"
    );
    let algorithms = house
        .catalog()
        .list_algorithms(v1::ListAlgorithmsRequest::default())
        .await
        .unwrap();
    let names: Vec<String> = algorithms
        .into_inner()
        .algorithms
        .into_iter()
        .map(|a| a.name)
        .collect();
    assert_eq!(
        names,
        [
            "decision_tree",
            "elastic_net",
            "extra_trees",
            "gaussian_nb",
            "gradient_boosting",
            "knn",
            "logistic_regression",
            "random_forest",
            "ridge"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_are_listed_by_name_page_by_page() {
    let house = House::empty().await;
    house.make_bars();
    for id in ["c", "a", "b"] {
        let request = v1::CreateSourceRequest {
            source_id: id.to_owned(),
            ..create_bars()
        };
        house.catalog().create_source(request).await.unwrap();
    }
    let mut request = v1::ListSourcesRequest {
        page_size: 2,
        ..v1::ListSourcesRequest::default()
    };
    let first = house
        .catalog()
        .list_sources(request.clone())
        .await
        .unwrap()
        .into_inner();
    request.page_token = first.next_page_token;
    let second = house.catalog().list_sources(request).await.unwrap().into_inner();
    let ids: Vec<String> = first
        .sources
        .into_iter()
        .chain(second.sources)
        .map(|s| s.name)
        .collect();
    assert_eq!(
        ids,
        ["a", "b", "c"].map(|id| format!("projects/default/sources/{id}"))
    );
}
