//! The rings hold: what a module may not know, it does not mention. Looks at every path in the sources.
