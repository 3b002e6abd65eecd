//! Our public methods that name their counterpart in Spark.

use anyhow::Context;
use syn::{Attribute, Expr, ImplItem, Item, Lit, Meta, Signature, TraitItem, Type, Visibility};

use crate::tidy::Finding;
use crate::workspace::Source;

/// A public function whose docs say which method of Spark it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Method {
    /// Where it is, relative to the root.
    pub(super) file: String,
    /// The type or trait it belongs to.
    pub(super) owner: Option<String>,
    /// Its name.
    pub(super) name: String,
    /// `RDD.map`; there may be several.
    pub(super) spark: Vec<String>,
    /// Whether its docs have an example that runs and calls it.
    pub(super) has_example: bool,
}

impl Method {
    /// `Rdd::map`.
    pub(super) fn display_name(&self) -> String {
        match &self.owner {
            Some(owner) => format!("{owner}::{}", self.name),
            None => self.name.clone(),
        }
    }
}

/// Types of which every public method has a counterpart in Spark or says that it has none.
const TYPES_OF_SPARK: [&str; 2] = ["Rdd", "SparkContext"];

/// A public function and its docs.
struct Function {
    owner: Option<String>,
    name: String,
    docs: String,
}

/// The methods in one file.
pub(super) fn methods(source: &Source) -> anyhow::Result<Vec<Method>> {
    if !source.text.contains("Spark: `") {
        return Ok(Vec::new());
    }
    let functions = functions(source)?.into_iter();
    Ok(functions.filter_map(|function| function.into_method(&source.path)).collect())
}

/// A finding for each public method of an RDD or the context in one file that does not name its counterpart.
pub(super) fn without_counterpart(source: &Source) -> anyhow::Result<Vec<Finding>> {
    if !source.path.starts_with("crates/rdd/") {
        return Ok(Vec::new());
    }
    let of_spark = |owner: &String| TYPES_OF_SPARK.contains(&owner.as_str());
    let mut functions = functions(source)?;
    functions.retain(|function| {
        function.owner.as_ref().is_some_and(of_spark) && !function.docs.contains("Spark:")
    });
    let problem = |name: &str| format!("the docs of `{name}` must have a line ``Spark: `CLASS.METHOD` ``");
    Ok(functions.iter().map(|function| Finding::file(&source.path, problem(&function.name))).collect())
}

fn functions(source: &Source) -> anyhow::Result<Vec<Function>> {
    let file = syn::parse_file(&source.text).with_context(|| format!("parse {}", source.path))?;
    let mut functions = Vec::new();
    collect(&file.items, &mut functions);
    Ok(functions)
}

fn collect(items: &[Item], functions: &mut Vec<Function>) {
    for item in items {
        match item {
            Item::Impl(block) => {
                let owner = type_name(&block.self_ty);
                for item in &block.items {
                    if let ImplItem::Fn(function) = item
                        && is_public(&function.vis)
                    {
                        functions.push(Function::of(owner.as_deref(), &function.sig, &function.attrs));
                    }
                }
            }
            // The methods of a trait are as public as the trait.
            Item::Trait(block) if is_public(&block.vis) => {
                let owner = block.ident.to_string();
                for item in &block.items {
                    if let TraitItem::Fn(function) = item {
                        functions.push(Function::of(Some(&owner), &function.sig, &function.attrs));
                    }
                }
            }
            Item::Fn(function) if is_public(&function.vis) => {
                functions.push(Function::of(None, &function.sig, &function.attrs));
            }
            Item::Mod(module) => collect(module.content.as_ref().map_or(&[], |(_, items)| items), functions),
            _ => {}
        }
    }
}

impl Function {
    fn of(owner: Option<&str>, signature: &Signature, attributes: &[Attribute]) -> Self {
        Self { owner: owner.map(str::to_owned), name: signature.ident.to_string(), docs: docs(attributes) }
    }

    fn into_method(self, file: &str) -> Option<Method> {
        let Self { owner, name, docs } = self;
        let spark = counterparts(&docs);
        let calls = [format!(".{name}("), format!(".{name}::<"), format!("::{name}(")];
        let has_example = docs.contains("```") && calls.iter().any(|call| docs.contains(call));
        (!spark.is_empty()).then(|| Method { file: file.to_owned(), owner, name, spark, has_example })
    }
}

/// The names in backticks after `Spark:`, to the end of the line.
fn counterparts(docs: &str) -> Vec<String> {
    let lines = docs.lines().filter_map(|line| line.split_once("Spark:"));
    let quoted = lines.flat_map(|(_, names)| names.split('`').skip(1).step_by(2));
    quoted.filter(|name| name.contains('.')).map(|name| name.trim_end_matches("()").to_owned()).collect()
}

fn docs(attributes: &[Attribute]) -> String {
    let mut docs = String::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        if let Meta::NameValue(pair) = &attribute.meta
            && let Expr::Lit(literal) = &pair.value
            && let Lit::Str(text) = &literal.lit
        {
            docs.push_str(&text.value());
            docs.push('\n');
        }
    }
    docs
}

const fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn type_name(kind: &Type) -> Option<String> {
    match kind {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        Type::Reference(reference) => type_name(&reference.elem),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<(String, Vec<String>)> {
        let source = Source { path: "crates/a/src/b.rs".to_owned(), text: text.to_owned() };
        methods(&source).unwrap().into_iter().map(|method| (method.display_name(), method.spark)).collect()
    }

    #[test]
    fn public_methods_with_a_counterpart_are_found() {
        let found = names(
            "impl Rdd<u8> { /// Spark: `RDD.map`\n pub fn map() {} /// Spark: `RDD.x`\n fn hidden() {} }\n\
             pub trait Pairs { /// Adds. Spark: `P.a`, `P.b`.\n fn add(); }\n\
             /// Spark: `S.free`\n pub fn free() {}\n\
             /// Spark: `Class`\n pub fn about_a_class() {}\n\
             /// No counterpart.\n pub fn own() {}",
        );
        let expected =
            [("Rdd::map", vec!["RDD.map"]), ("Pairs::add", vec!["P.a", "P.b"]), ("free", vec!["S.free"])];
        let expected =
            expected.map(|(name, spark)| (name.to_owned(), spark.into_iter().map(str::to_owned).collect()));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_method_of_an_rdd_without_a_counterpart_is_found() {
        let text = "impl<T> Rdd<T> { /// Maps.\n pub fn map() {} /// Own. Spark: none.\n pub fn own() {} fn hidden() {} }\n\
                    impl Other { pub fn map() {} }";
        let findings = |path: &str| {
            let source = Source { path: path.to_owned(), text: text.to_owned() };
            without_counterpart(&source).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let expected = "crates/rdd/src/rdd.rs: the docs of `map` must have a line ``Spark: `CLASS.METHOD` ``";
        assert_eq!(findings("crates/rdd/src/rdd.rs"), [expected]);
        assert_eq!(findings("crates/status/src/rdd.rs"), [""; 0]);
    }
}
