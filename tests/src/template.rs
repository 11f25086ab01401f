//! `infra/template.yaml`, as far as tests ask it: which function a path leads to, and what a function's role allows.
//! The short tags of `CloudFormation` (`!Ref`, `!Sub`, …) are left out: their arguments stand there as they are.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::Value;

const TEXT: &str = include_str!("../../infra/template.yaml");
/// What DynamoDB's actions are called in a role.
const DYNAMODB: &str = "dynamodb:";

/// The template.
#[derive(Debug)]
pub struct Template {
    /// Its parameters.
    pub parameters: Value,
    /// What all functions have.
    pub globals: Value,
    /// What it tells of a stack.
    pub outputs: Value,
    /// Its resources by logical id.
    pub resources: BTreeMap<String, Value>,
    routes: Vec<(String, String)>,
    grants: Vec<Grant>,
}

/// That a function may do one thing in some parts of the table: an action of one statement of its role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// The function, as its folder is called.
    pub function: String,
    /// The action, as `GetItem`.
    pub action: String,
    /// The index; without it the table itself.
    pub index: Option<String>,
    /// Partition keys, or beginnings of such and `*`; in an index any.
    pub keys: Vec<String>,
}

/// What a function asks of the table by one request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// The action, as `GetItem`.
    pub action: String,
    /// The index; without it the table itself.
    pub index: Option<String>,
    /// The partition keys.
    pub keys: Vec<String>,
}

impl Grant {
    /// Whether it allows what is asked. As AWS compares them (`ForAllValues`), one statement must have all keys of a request.
    #[must_use]
    pub fn allows(&self, asked: &Asked) -> bool {
        let is_granted = |key: &String| self.keys.iter().any(|pattern| fits(pattern, key));
        (&self.action, &self.index) == (&asked.action, &asked.index) && asked.keys.iter().all(is_granted)
    }
}

/// Whether a key is the one that a role names, or begins as it says.
#[must_use]
pub fn fits(pattern: &str, key: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => key.starts_with(beginning),
        None => key == pattern,
    }
}

/// The template, read once.
///
/// # Panics
/// Where it is no YAML, or not of the form that tests understand.
pub fn template() -> &'static Template {
    static READ: OnceLock<Template> = OnceLock::new();
    READ.get_or_init(|| {
        let document: Value = serde_saphyr::from_str(TEXT).expect("YAML");
        let resources = document["Resources"].as_object().expect("resources");
        let resources: BTreeMap<String, Value> = resources.clone().into_iter().collect();
        Template {
            routes: routes(&resources),
            grants: grants(&resources),
            resources,
            parameters: document["Parameters"].clone(),
            globals: document["Globals"].clone(),
            outputs: document["Outputs"].clone(),
        }
    })
}

impl Template {
    /// The resources of a type.
    pub fn of_type(&self, kind: &str) -> impl Iterator<Item = (&String, &Value)> {
        let is_it = move |(_, resource): &(&String, &Value)| resource["Type"] == kind;
        self.resources.iter().filter(is_it)
    }

    /// The functions, by logical id, as their folders are called. One that streams has its twin's.
    #[must_use]
    pub fn functions(&self) -> BTreeMap<&str, &str> {
        functions(&self.resources)
    }

    /// The function that the gateway calls for a path (without the base URL's own).
    ///
    /// # Panics
    /// Where no route is for it, not even the one for everything.
    #[must_use]
    pub fn function_of(&self, path: &str) -> &str {
        let is_for_it = |route: &str| match route.strip_suffix("{proxy+}") {
            Some(beginning) => path.len() > beginning.len() && path.starts_with(beginning),
            None => path == route,
        };
        // An exact route wins over one with a rest, and the longer rest over the shorter one.
        let found = self.routes.iter().filter(|(route, _)| is_for_it(route));
        let found = found.max_by_key(|(route, _)| (!route.ends_with('}'), route.len()));
        let all = || self.routes.iter().find(|(route, _)| route == "$default");
        &found.or_else(all).expect("a route for everything").1
    }

    /// What the functions' roles allow of the table.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }
}

fn functions(resources: &BTreeMap<String, Value>) -> BTreeMap<&str, &str> {
    let serverless = resources
        .iter()
        .filter(|(_, resource)| resource["Type"] == "AWS::Serverless::Function");
    serverless
        .map(|(id, resource)| {
            let folder = resource["Properties"]["CodeUri"].as_str().expect("CodeUri");
            (
                id.as_str(),
                folder.strip_prefix("../functions/").expect("a function's folder"),
            )
        })
        .collect()
}

/// Every route's path with its function, by way of its integration.
fn routes(resources: &BTreeMap<String, Value>) -> Vec<(String, String)> {
    let functions = functions(resources);
    let routes = resources
        .values()
        .filter(|resource| resource["Type"] == "AWS::ApiGatewayV2::Route");
    routes
        .map(|route| {
            let key = route["Properties"]["RouteKey"].as_str().expect("RouteKey");
            let target = route["Properties"]["Target"].as_str().expect("Target");
            let integration = target
                .strip_prefix("integrations/${")
                .and_then(|target| target.strip_suffix('}'));
            let integration = &resources[integration.expect("an integration")]["Properties"];
            let alias = integration["IntegrationUri"].as_str().expect("IntegrationUri");
            let function = functions[alias.strip_suffix(".Alias").expect("an alias is called")];
            let path = key.strip_prefix("ANY ").unwrap_or(key);
            (path.to_owned(), function.to_owned())
        })
        .collect()
}

/// A text, or a list of texts.
pub fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text],
        _ => Vec::new(),
    }
}

/// Whether an action is DynamoDB's, or anybody's, and not for a stream.
fn is_of_the_table(action: &str) -> bool {
    let of_stream = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];
    match action.strip_prefix(DYNAMODB) {
        Some(action) => !of_stream.contains(&action),
        None => action.contains('*'),
    }
}

fn grants(resources: &BTreeMap<String, Value>) -> Vec<Grant> {
    let mut grants = Vec::new();
    for (id, function) in functions(resources) {
        let role = resources[id]["Properties"]["Role"].as_str().expect("a role");
        let role = &resources[role.trim_end_matches(".Arn")]["Properties"];
        let policies = role["Policies"].as_array().expect("policies").iter();
        let statements = policies.filter_map(|policy| policy["PolicyDocument"]["Statement"].as_array());
        for statement in statements.flatten() {
            // One with a condition of the stack's is a list: its name, the statement, nothing.
            let statement = statement.get(1).unwrap_or(statement);
            let actions = texts(&statement["Action"]);
            if !actions.iter().any(|action| is_of_the_table(action)) {
                continue;
            }
            let resource = statement["Resource"].as_str();
            let table = resource.and_then(|resource| resource.split_once(":table/${TableName}"));
            let (_, table) =
                table.unwrap_or_else(|| panic!("{id}: one table or index a statement: {statement}"));
            let keys = &statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
            let index = table.strip_prefix("/index/").map(str::to_owned);
            let keys = if index.is_some() { vec!["*"] } else { texts(keys) };
            for action in actions {
                grants.push(Grant {
                    function: function.to_owned(),
                    action: action.strip_prefix(DYNAMODB).expect("DynamoDB's").to_owned(),
                    index: index.clone(),
                    keys: keys.iter().map(|key| (*key).to_owned()).collect(),
                });
            }
        }
    }
    grants.sort();
    grants.dedup();
    grants
}
