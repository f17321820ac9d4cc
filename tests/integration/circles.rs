//! No file of a crate needs one that needs it: a reader can begin anywhere and read downwards.
//!
//! A file needs another if one of its `use` declarations, outside of tests, names something that is declared there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use syn::{UseTree, visit::Visit};

/// The path of a module in its crate; the root's is empty.
type Module = Vec<String>;

/// The modules that each module needs.
type Needs = BTreeMap<Module, BTreeSet<Module>>;

/// The `use` declarations of a file, as paths of names.
#[derive(Default)]
struct Uses(Vec<Vec<String>>);

impl<'ast> Visit<'ast> for Uses {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let is_test = module.attrs.iter().any(|attribute| attribute.path().is_ident("cfg"));
        if !is_test {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add(&mut Vec::new(), &item.tree);
    }
}

impl Uses {
    fn add(&mut self, path: &mut Vec<String>, tree: &UseTree) {
        let whole = |name: String| path.iter().cloned().chain([name]).collect();
        match tree {
            UseTree::Path(step) => {
                path.push(step.ident.to_string());
                self.add(path, &step.tree);
                path.pop();
            }
            UseTree::Name(name) => self.0.push(whole(name.ident.to_string())),
            UseTree::Rename(name) => self.0.push(whole(name.ident.to_string())),
            UseTree::Glob(_) => self.0.push(path.clone()),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.add(path, item)),
        }
    }
}

/// The files of a folder as modules, without those of tests.
fn files(folder: &Path, module: &Module, found: &mut BTreeMap<Module, syn::File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let own: Module = module.iter().cloned().chain([name.clone()]).collect();
        if path.is_dir() && name != "bin" {
            files(&path, &own, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && name != "tests" {
            let root = module.is_empty() && (name == "lib" || name == "main");
            let file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
            found.insert(if root { Module::new() } else { own }, file);
        }
    }
}

/// The module that a `use` declaration of another one names, if it is of the same crate.
fn named(files: &BTreeMap<Module, syn::File>, from: &Module, path: &[String]) -> Option<Module> {
    let mut place = from.clone();
    let mut steps = path.iter().map(String::as_str).peekable();
    match steps.next()? {
        "crate" => place.clear(),
        "self" => {}
        "super" => {
            place.pop();
            while steps.next_if_eq(&"super").is_some() {
                place.pop();
            }
        }
        child if files.contains_key(&[from.as_slice(), &[child.to_owned()]].concat()) => {
            place.push(child.to_owned());
        }
        _ => return None,
    }
    for step in steps {
        place.push(step.to_owned());
        if !files.contains_key(&place) {
            place.pop();
            break;
        }
    }
    Some(place)
}

fn needs(source: &Path) -> Needs {
    let mut found = BTreeMap::new();
    files(source, &Module::new(), &mut found);
    let of = |(module, file): (&Module, &syn::File)| {
        let mut uses = Uses::default();
        uses.visit_file(file);
        let needed = uses.0.iter().filter_map(|path| named(&found, module, path));
        (module.clone(), needed.filter(|needed| needed != module).collect())
    };
    found.iter().map(of).collect()
}

/// The modules that are needed by what they need.
fn in_circles(needs: &Needs) -> Vec<String> {
    let reached = |from: &Module| {
        let (mut reached, mut left) = (BTreeSet::new(), vec![from]);
        while let Some(module) = left.pop() {
            left.extend(needs[module].iter().filter(|needed| reached.insert((*needed).clone())));
        }
        reached
    };
    let reached: BTreeMap<&Module, BTreeSet<Module>> =
        needs.keys().map(|module| (module, reached(module))).collect();
    let circle = |module: &Module| {
        let others = needs[module].iter().filter(|needed| reached[*needed].contains(module));
        let others: Vec<_> = others.map(|needed| needed.join("::")).collect();
        (!others.is_empty()).then(|| format!("{} needs {}", module.join("::"), others.join(", ")))
    };
    needs.keys().filter_map(circle).collect()
}

#[test]
fn no_file_needs_one_that_needs_it() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut crates = 0;
    for entry in fs::read_dir(root).unwrap() {
        let folder = entry.unwrap().path();
        let source = folder.join("src");
        if folder.join("Cargo.toml").is_file() && source.is_dir() {
            crates += 1;
            let circles = in_circles(&needs(&source));
            assert!(circles.is_empty(), "{}:\n{}", folder.display(), circles.join("\n"));
        }
    }
    assert!(crates > 8, "only {crates} crates were looked at");
}

#[test]
fn a_circle_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| fs::write(folder.path().join(file), text).unwrap();
    write("lib.rs", "mod a; mod b; mod c;");
    write("a.rs", "use crate::b::B; pub struct A;");
    write("b.rs", "use super::{c::C, x}; pub struct B;");
    write("c.rs", "#[cfg(test)] mod tests { use crate::a::A; } pub struct C;");
    assert_eq!(in_circles(&needs(folder.path())), <[String; 0]>::default());
    write("c.rs", "use crate::{a::{A as Other}, b}; pub struct C;");
    assert_eq!(in_circles(&needs(folder.path())), ["a needs b", "b needs c", "c needs a, b"]);
}
