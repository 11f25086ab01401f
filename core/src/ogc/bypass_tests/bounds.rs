//! Requests that name very much are decided in time, or refused.

use super::*;

/// Names are counted before anything is done with them, and what is done for each does not grow with the others.
#[test]
fn names_and_paths_are_bounded() {
    let types = |count: usize| vec!["roads"; count].join(",");
    for query in [
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=",
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=",
    ] {
        let most = format!("{query}{}", types(request::MAX_NAMES));
        let parse = |query: &str| {
            let params = Params::parse(query)?;
            Asked::parse(ServerType::MapServer, &params)
        };
        assert!(parse(&most).is_ok());
        for count in [request::MAX_NAMES + 1, 200_000] {
            let refused = parse(&format!("{query}{}", types(count)));
            assert_eq!(refused.unwrap_err().code, OgcCode::InvalidParameterValue);
        }
    }
    // Compared each with each, this would take minutes.
    let clock = Clock::system();
    let begun = clock.now();
    let names: Vec<String> = (0..150_000).map(|at| format!("b{at}")).collect();
    let paths = "<PropertyName>roads/x</PropertyName>".repeat(50_000);
    let body = format!(
        "<GetFeature service=\"WFS\" version=\"2.0.0\"><Query typeNames=\"{} roads\">{paths}</Query></GetFeature>",
        names.join(" ")
    );
    let refused = Asked::parse_xml(ServerType::MapServer, &Params::default(), &body);
    assert_eq!(refused.unwrap_err().code, OgcCode::InvalidParameterValue);
    assert!(clock.now().since(begun) < std::time::Duration::from_secs(20));
}

/// A group is looked through once, however often and in whatever spelling it is named: each time anew, this would take minutes.
#[test]
fn a_large_group_named_two_thousand_times_is_decided_quickly() {
    let names: Vec<String> = (0..10_000).map(|at| format!("layer{at}")).collect();
    let layers = names
        .iter()
        .map(|name| format!("<Layer><Name>{name}</Name></Layer>"))
        .collect::<Vec<_>>()
        .concat();
    let document = format!(
        "<WMS_Capabilities><Capability><Layer><Name>everythingthereis</Name>{layers}</Layer></Capability></WMS_Capabilities>"
    );
    let tree = Tree::parse(Service::Wms, document.as_bytes()).unwrap();
    // Of all of it one layer is readable, or each is.
    let one = rules(DefaultAccess::Private, &[("layer9999", &[0])]);
    let all = rules(DefaultAccess::Public, &[]);
    // A spelling of its own for each.
    let spelt = |at: usize, name: &str| -> String {
        let bit = |(place, c): (usize, char)| {
            if at >> place & 1 == 1 {
                c.to_ascii_uppercase()
            } else {
                c
            }
        };
        name.chars().enumerate().map(bit).collect()
    };
    let groups: Vec<String> = (0..2000).map(|at| spelt(at, "everythingthereis")).collect();
    let of_groups = groups
        .iter()
        .map(|name| format!("<NamedLayer><Name>{name}</Name></NamedLayer>"))
        .collect::<Vec<_>>()
        .concat();
    let of_leaves = names
        .iter()
        .take(2000)
        .map(|name| format!("<NamedLayer><Name>{name}</Name></NamedLayer>"))
        .collect::<Vec<_>>()
        .concat();
    let sld = |named: &str| {
        format!("SLD_BODY=<StyledLayerDescriptor version=\"1.0.0\">{named}</StyledLayerDescriptor>")
    };
    let clock = Clock::system();
    for (what, rules, form) in [
        ("groups, LAYERS", &one, format!("LAYERS={}", groups.join(","))),
        ("groups, SLD", &all, sld(&of_groups)),
        ("groups, SLD, forbidden", &one, sld(&of_groups)),
        ("layers, SLD", &all, sld(&of_leaves)),
    ] {
        let form = format!("{MAP}&{form}").replace("STYLES=&", "");
        let begun = clock.now();
        let asked = Asked::parse_form(ServerType::GeoServer, &Params::default(), &form).unwrap();
        let decided = decide(&asked, rules, &tree, &BTreeSet::from([1]));
        let took = clock.now().since(begun);
        println!("{what}: {took:?}, {}", decided.is_ok());
        assert!(took < std::time::Duration::from_secs(3), "{what}: {took:?}");
    }
}
