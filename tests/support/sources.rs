//! The program's own sources as data: which file is which module, and every path that each of them mentions.
//!
//! Follows `mod` from a root, so that a file nobody declares is noticed, and knows test code from the rest. A path counts
//! wherever it stands: in `use`, in a type, an expression, an attribute, among the tokens of a macro; names given by `use …
//! as` and `self`/`super` are undone first.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// Reads a source by its name, `src/flow/run.rs`.
pub type Read<'a> = &'a dyn Fn(&str) -> Option<String>;

pub struct File {
    pub name: String,
    /// `["crate", "flow", "run"]`
    pub module: Vec<String>,
    pub text: String,
    pub mentions: Vec<Mention>,
    /// Lines that only tests have.
    tests: Vec<RangeInclusive<usize>>,
    children: Vec<Child>,
}

pub struct Mention {
    pub line: usize,
    /// The path with every name undone: `["crate", "net", "Fault"]`; ends in `*` where everything is taken.
    pub path: Vec<String>,
    /// `name!`
    pub invoked: bool,
    pub test: bool,
}

struct Child {
    files: Vec<String>,
    module: Vec<String>,
    test: bool,
}

impl File {
    /// Whether a line (from 1) belongs to tests alone.
    pub fn is_test(&self, line: usize) -> bool {
        self.tests.iter().any(|r| r.contains(&line))
    }

    /// `flow` for `crate::flow::run`; the root itself is `crate`.
    pub fn home(&self) -> &str {
        self.module.get(1).map_or("crate", String::as_str)
    }
}

/// Every file that is reached from `root` by `mod`.
pub fn load(root: &str, read: Read<'_>) -> Vec<File> {
    let mut out = Vec::new();
    let mut open = vec![Child { files: vec![root.to_owned()], module: vec!["crate".to_owned()], test: false }];
    while let Some(child) = open.pop() {
        let Some((name, text)) = child.files.iter().find_map(|f| read(f).map(|text| (f.clone(), text))) else {
            panic!("no file for module {}: looked for {}", child.module.join("::"), child.files.join(", "));
        };
        let mut file = parse(name, child.module, text, child.test);
        open.append(&mut file.children);
        out.push(file);
    }
    out
}

fn parse(name: String, module: Vec<String>, text: String, test: bool) -> File {
    let syntax = syn::parse_file(&text).unwrap_or_else(|e| panic!("{name}:{}: {e}", e.span().start().line));
    let mut tests = Vec::new();
    if test {
        tests.push(1..=text.lines().count());
    }
    let mut names = Names::default();
    names.visit_file(&syntax);
    let mut walk = Walk {
        file: &name,
        module: module.clone(),
        inline: Vec::new(),
        names,
        test,
        mentions: Vec::new(),
        tests,
        children: Vec::new(),
    };
    walk.visit_file(&syntax);
    let Walk { mentions, tests, children, .. } = walk;
    File { name, module, text, mentions, tests, children }
}

/// What `use` calls by which name, and which modules are declared here.
#[derive(Default)]
struct Names {
    used: BTreeMap<String, Vec<String>>,
    modules: BTreeSet<String>,
}

impl<'a> Visit<'a> for Names {
    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        leaves(&item.tree, &mut Vec::new(), &mut |path, name| {
            if let Some(name) = name {
                self.used.insert(name, path.to_vec());
            }
        });
    }
    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        self.modules.insert(item.ident.to_string());
        visit::visit_item_mod(self, item);
    }
    fn visit_item_extern_crate(&mut self, item: &'a syn::ItemExternCrate) {
        if let Some((_, name)) = &item.rename {
            self.used.insert(name.to_string(), vec![item.ident.to_string()]);
        }
    }
}

/// Each leaf of a `use`: its path, and the name it gets here.
fn leaves(tree: &UseTree, path: &mut Vec<String>, each: &mut impl FnMut(&[String], Option<String>)) {
    match tree {
        UseTree::Path(p) => {
            path.push(p.ident.to_string());
            leaves(&p.tree, path, each);
            path.pop();
        }
        UseTree::Name(n) if n.ident == "self" => each(path, path.last().cloned()),
        UseTree::Name(n) => {
            path.push(n.ident.to_string());
            each(path, path.last().cloned());
            path.pop();
        }
        UseTree::Rename(r) => {
            let itself = r.ident == "self";
            if !itself {
                path.push(r.ident.to_string());
            }
            each(path, Some(r.rename.to_string()));
            if !itself {
                path.pop();
            }
        }
        UseTree::Glob(_) => {
            path.push("*".to_owned());
            each(path, None);
            path.pop();
        }
        UseTree::Group(g) => g.items.iter().for_each(|t| leaves(t, path, each)),
    }
}

struct Walk<'f> {
    file: &'f str,
    module: Vec<String>,
    /// Modules with braces that are open now.
    inline: Vec<String>,
    names: Names,
    test: bool,
    mentions: Vec<Mention>,
    tests: Vec<RangeInclusive<usize>>,
    children: Vec<Child>,
}

impl Walk<'_> {
    fn mention(&mut self, line: usize, path: &[String], invoked: bool) {
        let path = self.undone(path);
        self.mentions.push(Mention { line, path, invoked, test: self.test });
    }

    /// The path as seen from the root of the crate, or from outside of it.
    fn undone(&self, path: &[String]) -> Vec<String> {
        let mut path = path.to_vec();
        let mut seen = BTreeSet::new();
        while let Some(first) = path.first().cloned() {
            let (known, rest) = match first.as_str() {
                "crate" => break,
                "self" => (self.module.clone(), 1),
                "super" => {
                    let up = path.iter().take_while(|s| *s == "super").count();
                    (self.module[..self.module.len().saturating_sub(up).max(1)].to_vec(), up)
                }
                // a name stands for another, but once: `use a::a` is no circle
                _ if !seen.insert(first.clone()) => break,
                name => match self.names.used.get(name) {
                    Some(used) => (used.clone(), 1),
                    None if self.names.modules.contains(name) => {
                        ([&self.module[..], std::slice::from_ref(&first)].concat(), 1)
                    }
                    None => break,
                },
            };
            path = known.into_iter().chain(path.into_iter().skip(rest)).collect();
        }
        path
    }

    fn within(&mut self, attributes: &[Attribute], lines: RangeInclusive<usize>, inside: impl FnOnce(&mut Self)) {
        let before = self.test;
        if !before && attributes.iter().any(only_tests) {
            self.test = true;
            self.tests.push(lines);
        }
        inside(self);
        self.test = before;
    }

    fn tokens(&mut self, tokens: TokenStream, prefix: &[String]) {
        let all: Vec<TokenTree> = tokens.into_iter().collect();
        let colons = |i: usize| matches!((all.get(i), all.get(i + 1)), (Some(TokenTree::Punct(a)), Some(TokenTree::Punct(b))) if a.as_char() == ':' && b.as_char() == ':');
        let mut i = 0;
        while i < all.len() {
            match &all[i] {
                TokenTree::Group(g) => self.tokens(g.stream(), &[]),
                TokenTree::Ident(first) => {
                    let line = first.span().start().line;
                    let mut path = [prefix, &[first.to_string()]].concat();
                    while colons(i + 1) {
                        match all.get(i + 3) {
                            Some(TokenTree::Ident(next)) => path.push(next.to_string()),
                            Some(TokenTree::Group(g)) => self.tokens(g.stream(), &path),
                            Some(TokenTree::Punct(p)) if p.as_char() == '*' => path.push("*".to_owned()),
                            _ => {}
                        }
                        i += 3;
                    }
                    let invoked = matches!(all.get(i + 1), Some(TokenTree::Punct(p)) if p.as_char() == '!')
                        && matches!(all.get(i + 2), Some(TokenTree::Group(_)));
                    if path.len() > 1 || invoked {
                        self.mention(line, &path, invoked);
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            i += 1;
        }
    }

    /// Where the file of `mod name;` may be.
    fn files(&self, item: &syn::ItemMod) -> Vec<String> {
        let (folder, stem) = self.file.rsplit_once('/').unwrap_or(("", self.file));
        let given = item.attrs.iter().filter(|a| a.path().is_ident("path")).find_map(|a| match &a.meta {
            syn::Meta::NameValue(syn::MetaNameValue {
                value: syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(s), .. }),
                ..
            }) => Some(s.value()),
            _ => None,
        });
        if let Some(given) = given {
            return vec![format!("{folder}/{given}")];
        }
        let mut place = folder.to_owned();
        if !matches!(stem, "mod.rs" | "lib.rs" | "main.rs") {
            place = format!("{place}/{}", stem.trim_end_matches(".rs"));
        }
        for open in &self.inline {
            place = format!("{place}/{open}");
        }
        vec![format!("{place}/{}.rs", item.ident), format!("{place}/{}/mod.rs", item.ident)]
    }
}

impl<'a> Visit<'a> for Walk<'_> {
    fn visit_item(&mut self, item: &'a Item) {
        self.within(attributes(item), lines(item), |walk| visit::visit_item(walk, item));
    }
    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        self.within(&item.attrs, lines(item), |walk| visit::visit_impl_item_fn(walk, item));
    }
    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        let name = item.ident.to_string();
        if item.content.is_some() {
            self.module.push(name.clone());
            self.inline.push(name);
            visit::visit_item_mod(self, item);
            self.module.pop();
            self.inline.pop();
        } else {
            let module = self.module.iter().cloned().chain([name]).collect();
            self.children.push(Child { files: self.files(item), module, test: self.test });
            item.attrs.iter().for_each(|a| self.visit_attribute(a));
        }
    }
    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        let mut found = Vec::new();
        leaves(&item.tree, &mut Vec::new(), &mut |path, _| found.push(path.to_vec()));
        let line = item.use_token.span().start().line;
        found.iter().for_each(|path| self.mention(line, path, false));
    }
    fn visit_item_extern_crate(&mut self, item: &'a syn::ItemExternCrate) {
        self.mention(item.ident.span().start().line, &[item.ident.to_string()], false);
    }
    fn visit_path(&mut self, path: &'a syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        if names.len() > 1 {
            self.mention(path.span().start().line, &names, false);
        }
        visit::visit_path(self, path);
    }
    fn visit_macro(&mut self, item: &'a syn::Macro) {
        let names: Vec<String> = item.path.segments.iter().map(|s| s.ident.to_string()).collect();
        self.mention(item.path.span().start().line, &names, true);
        self.tokens(item.tokens.clone(), &[]);
    }
    fn visit_attribute(&mut self, attribute: &'a Attribute) {
        visit::visit_attribute(self, attribute);
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone(), &[]);
        }
    }
}

fn lines(of: &impl Spanned) -> RangeInclusive<usize> {
    let span = of.span();
    span.start().line..=span.end().line
}

/// `#[test]`, `#[cfg(test)]`, `#[cfg(all(test, …))]`, but not `any`.
fn only_tests(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last().map(|s| s.ident.to_string());
    match last.as_deref() {
        Some("test") => true,
        Some("cfg") => attribute.parse_args::<syn::Meta>().is_ok_and(|m| demands_test(&m)),
        _ => false,
    }
}

fn demands_test(meta: &syn::Meta) -> bool {
    match meta {
        syn::Meta::Path(p) => p.is_ident("test"),
        syn::Meta::List(l) if l.path.is_ident("all") => l
            .parse_args_with(syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated)
            .is_ok_and(|all| all.iter().any(demands_test)),
        _ => false,
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(i) => &i.attrs,
        Item::Enum(i) => &i.attrs,
        Item::ExternCrate(i) => &i.attrs,
        Item::Fn(i) => &i.attrs,
        Item::ForeignMod(i) => &i.attrs,
        Item::Impl(i) => &i.attrs,
        Item::Macro(i) => &i.attrs,
        Item::Mod(i) => &i.attrs,
        Item::Static(i) => &i.attrs,
        Item::Struct(i) => &i.attrs,
        Item::Trait(i) => &i.attrs,
        Item::Type(i) => &i.attrs,
        Item::Union(i) => &i.attrs,
        Item::Use(i) => &i.attrs,
        _ => &[],
    }
}
