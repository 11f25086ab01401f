use super::super::rules::tests::rules;
use super::super::{DefaultAccess, Params, ServerType};
use super::*;

/// demo: roads; cadastre: parcels, buildings; nature: water.
fn tree() -> Tree {
    Tree::of(&[(
        "demo",
        &[
            ("roads", &[]),
            ("cadastre", &[("parcels", &[]), ("buildings", &[])]),
            ("nature", &[("water", &[])]),
            ("twin", &[("twin", &[]), ("secret", &[])]),
        ],
    )])
}

/// Everybody: roads, water, twin; role 3: parcels.
fn private() -> Rules {
    rules(
        DefaultAccess::Private,
        &[
            ("roads", &[0]),
            ("water", &[0]),
            ("twin", &[0]),
            ("parcels", &[3]),
        ],
    )
}

fn ask(query: &str, rules: &Rules, tree: &Tree, ids: &[i64]) -> Result<Forward, Refusal> {
    let params = Params::parse(query).map_err(Refusal::Fault)?;
    let asked = Asked::parse(ServerType::MapServer, &params).map_err(Refusal::Fault)?;
    decide(&asked, rules, tree, &ids.iter().copied().collect())
}

fn map(layers: &str, ids: &[i64]) -> Result<String, Refusal> {
    let query = format!("SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS={layers}");
    ask(&query, &private(), &tree(), ids).map(|forward| {
        let written = forward.query_string([]);
        written
            .strip_prefix("SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=")
            .unwrap()
            .to_owned()
    })
}

fn forbidden(result: Result<impl std::fmt::Debug, Refusal>) -> OgcError {
    match result {
        Err(Refusal::Forbidden(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn named_layers_must_all_be_readable() {
    assert_eq!(map("roads,water", &[1]).unwrap(), "roads,water");
    assert_eq!(map("ROADS", &[1]).unwrap(), "roads");
    assert_eq!(map("parcels,roads", &[1, 3]).unwrap(), "parcels,roads");
    forbidden(map("roads,parcels", &[1]));
    forbidden(map("roads,buildings", &[3]));
}

#[test]
fn unknown_and_forbidden_are_alike() {
    let unknown = forbidden(map("nosuch", &[1]));
    for layers in [
        "parcels",
        "PARCELS",
        "cadastre",
        "parcels&STYLES=x",
        "cadastre&STYLES=x",
        "EXTERNAL_WMS:x",
    ] {
        assert_eq!(forbidden(map(layers, &[1])), unknown, "{layers}");
    }
}

#[test]
fn t102_groups_become_their_readable_layers_with_default_styles() {
    assert_eq!(map("cadastre", &[3]).unwrap(), "parcels");
    assert_eq!(map("demo", &[3]).unwrap(), "roads,parcels,water");
    assert_eq!(map("Demo&STYLES=", &[1]).unwrap(), "roads,water&STYLES=,");
    assert_eq!(
        map("roads,demo&STYLES=fine,default", &[1]).unwrap(),
        "roads,roads,water&STYLES=fine,,"
    );
    forbidden(map("cadastre", &[1]));
    assert!(matches!(map("demo&STYLES=x", &[1]), Err(Refusal::Fault(_))));
}

#[test]
fn a_layer_whose_name_is_a_groups_too_needs_the_whole_group() {
    // The server would draw the group for it, `secret` included.
    forbidden(map("twin", &[1]));
}

#[test]
fn a_group_with_a_rule_of_its_own_can_be_closed() {
    let rules = rules(DefaultAccess::Private, &[("cadastre", &[3]), ("parcels", &[0])]);
    let query = "SERVICE=WMS&VERSION=1.1.1&REQUEST=GetMap&LAYERS=cadastre";
    forbidden(ask(query, &rules, &tree(), &[1]));
    assert_eq!(ask(query, &rules, &tree(), &[3]).unwrap().layers, ["parcels"]);
    assert_eq!(
        ask(&query.replace("cadastre", "demo"), &rules, &tree(), &[1])
            .unwrap()
            .layers,
        ["parcels"]
    );
}

#[test]
fn public_by_default() {
    let rules = rules(DefaultAccess::Public, &[("parcels", &[3])]);
    let query = |layers: &str| format!("SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS={layers}");
    assert_eq!(
        ask(&query("cadastre"), &rules, &tree(), &[1]).unwrap().layers,
        ["buildings"]
    );
    forbidden(ask(&query("Parcels"), &rules, &tree(), &[1]));
    let unknown = ask(&query("nosuch"), &rules, &tree(), &[1]).unwrap_err();
    assert!(
        matches!(
            unknown,
            Refusal::Fault(OgcError {
                code: OgcCode::LayerNotDefined,
                ..
            })
        ),
        "{unknown:?}"
    );
    assert!(ask(&query("roads"), &rules, &tree(), &[1]).unwrap().public);
    assert!(!ask(&query("parcels"), &rules, &tree(), &[3]).unwrap().public);
}

#[test]
fn both_lists_of_feature_info_count() {
    let query = |layers: &str, queried: &str| {
        format!(
            "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetFeatureInfo&LAYERS={layers}&QUERY_LAYERS={queried}&I=1&J=1"
        )
    };
    let (rules, tree) = (private(), tree());
    forbidden(ask(&query("roads", "parcels"), &rules, &tree, &[1]));
    forbidden(ask(&query("parcels", "roads"), &rules, &tree, &[1]));
    let forward = ask(&query("roads", "demo"), &rules, &tree, &[1]).unwrap();
    assert_eq!(
        forward.query_string([("role_ids", "1,2")]),
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetFeatureInfo&LAYERS=roads&QUERY_LAYERS=roads,water&I=1&J=1&role_ids=1,2"
    );
}

#[test]
fn a_legend_is_of_one_layer() {
    let legend = |layer: &str, ids: &[i64]| {
        let query = format!("SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER={layer}");
        ask(&query, &private(), &tree(), ids).map(|forward| forward.layers.join(","))
    };
    assert_eq!(legend("roads", &[1]).unwrap(), "roads");
    assert_eq!(legend("nature", &[1]).unwrap(), "nature");
    assert_eq!(legend("cadastre", &[3]).unwrap(), "parcels");
    forbidden(legend("cadastre", &[1]));
    assert!(matches!(legend("demo", &[1]), Err(Refusal::Fault(_))));
}

#[test]
fn a_closed_groups_legend_is_for_nobody_else_though_its_layers_are_public() {
    let rules = rules(
        DefaultAccess::Private,
        &[("parcels", &[0]), ("buildings", &[0]), ("cadastre", &[3])],
    );
    let query = "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=";
    let legend =
        |layer: &str| ask(&format!("{query}{layer}"), &rules, &tree(), &[3]).map(|forward| forward.public);
    assert!(legend("parcels").unwrap());
    assert!(!legend("cadastre").unwrap());
}

#[test]
fn feature_types_in_every_spelling() {
    let tree = Tree::of(&[("ms:roads", &[]), ("ms:parcels", &[]), ("ms:water", &[])]);
    let get = |types: &str, ids: &[i64]| {
        let query = format!("SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&{types}");
        ask(&query, &private(), &tree, ids).map(|forward| forward.query_string([]))
    };
    let start = "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&";
    assert_eq!(
        get("TYPENAMES=ms:roads&NAMESPACES=xmlns(ms,http://x)", &[1]).unwrap(),
        format!("{start}TYPENAMES=ms:roads")
    );
    assert_eq!(
        get("TYPENAME=roads&TYPENAMES=roads&COUNT=1", &[1]).unwrap(),
        format!("{start}TYPENAME=roads&TYPENAMES=roads&COUNT=1")
    );
    assert_eq!(
        get("TYPENAMES=(roads)(ms:water)", &[1]).unwrap(),
        format!("{start}TYPENAMES=%28roads%29%28ms:water%29")
    );
    for types in [
        "parcels",
        "ms:parcels",
        "xx:Parcels",
        "roads,parcels",
        "(roads)(parcels)",
        "nosuch",
    ] {
        forbidden(get(&format!("TYPENAMES={types}"), &[1]));
    }
    assert!(get("TYPENAMES=ms:parcels", &[3]).is_ok());
}

#[test]
fn every_type_is_every_readable_type() {
    let tree = Tree::of(&[("ms:roads", &[]), ("ms:parcels", &[]), ("ms:water", &[])]);
    let query = "SERVICE=WFS&VERSION=1.1.0&REQUEST=DescribeFeatureType";
    let forward = ask(query, &private(), &tree, &[1]).unwrap();
    assert_eq!(
        forward.query_string([]),
        format!("{query}&TYPENAME=ms:roads,ms:water")
    );
    forbidden(ask(query, &rules(DefaultAccess::Private, &[]), &tree, &[1]));
}
