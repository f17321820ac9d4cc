//! No file of a crate needs one that needs it: a reader can begin anywhere and read downwards.
//!
//! A file needs another if one of its `use` declarations, outside of tests, names something that is declared there. A file
//! and those that it declares are one room: what is theirs together lies in the former, so to name that is no need.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The path of a module in its crate; the root's is empty.
type Module = Vec<String>;

/// The modules that each module needs.
type Needs = BTreeMap<Module, BTreeSet<Module>>;

/// The paths that the `use` declarations of a file name, as rustfmt writes them; tests are the last module of a file.
fn uses(text: &str) -> Vec<Vec<String>> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim_start().trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
        let Some(begin) = line.trim_start_matches("pub ").strip_prefix("use ") else { continue };
        let mut tree = begin.to_owned();
        while !tree.ends_with(';') {
            tree += lines.next().expect("a declaration that ends").trim();
        }
        add(&[], tree.trim_end_matches(';'), &mut found);
    }
    found
}

/// Adds the paths of a tree, `a::{b, c::{d, e as f}}`.
fn add(before: &[String], tree: &str, found: &mut Vec<Vec<String>>) {
    let (path, group) = match tree.split_once('{') {
        Some((path, group)) => (path, Some(group.strip_suffix('}').expect("a brace for each"))),
        None => (tree.split(" as ").next().unwrap_or(tree), None),
    };
    let names = path.split("::").map(str::trim).filter(|name| !name.is_empty() && *name != "*");
    let path = [before, &names.map(str::to_owned).collect::<Vec<_>>()].concat();
    let Some(group) = group else { return found.push(path) };
    let (mut depth, mut begin) = (0, 0);
    for (index, letter) in group.char_indices().chain([(group.len(), ',')]) {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !group[begin..index].trim().is_empty() {
                    add(&path, group[begin..index].trim(), found);
                }
                begin = index + 1;
            }
            _ => {}
        }
    }
}

/// The files of a folder as modules, without those of tests.
fn files(folder: &Path, module: &Module, found: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let own: Module = module.iter().cloned().chain([name.clone()]).collect();
        if path.is_dir() && name != "bin" {
            files(&path, &own, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && name != "tests" {
            let root = module.is_empty() && (name == "lib" || name == "main");
            found.insert(if root { Module::new() } else { own }, fs::read_to_string(&path).unwrap());
        }
    }
}

/// The module that a `use` declaration of another one names, if it is of the same crate.
fn named(files: &BTreeMap<Module, String>, from: &Module, path: &[String]) -> Option<Module> {
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
    let of = |(module, text): (&Module, &String)| {
        let uses = uses(text);
        let needed = uses.iter().filter_map(|path| named(&found, module, path));
        (module.clone(), needed.filter(|needed| !module.starts_with(needed)).collect())
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
    write("lib.rs", "mod a;\nmod b;\nmod c;\n");
    write("a.rs", "use crate::b::B;\npub struct A;\n");
    write("b.rs", "pub(crate) use super::{\n    c::{C, D as E},\n    x,\n};\npub struct B;\n");
    write("c.rs", "pub struct C;\n\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}\n");
    assert_eq!(in_circles(&needs(folder.path())), <[String; 0]>::default());
    write("c.rs", "use crate::{a::A as Other, b};\npub struct C;\n");
    assert_eq!(in_circles(&needs(folder.path())), ["a needs b", "b needs c", "c needs a, b"]);
    fs::create_dir(folder.path().join("b")).unwrap();
    write("c.rs", "pub struct C;\n");
    write("b.rs", "mod d;\nuse d::D;\nuse super::c::C;\n");
    write("b/d.rs", "use super::B;\n");
    assert_eq!(in_circles(&needs(folder.path())), <[String; 0]>::default());
    write("b/d.rs", "use crate::a::A;\n");
    assert_eq!(in_circles(&needs(folder.path())), ["a needs b", "b needs b::d", "b::d needs a"]);
}
