// Package yamldoc reads the YAML files that people write for this program, and says where they are wrong.
//
// [Parse] turns bytes into a tree of [Node] with places, refusing what could expand or mislead: anchors, aliases, tags, merge keys, keys given
// twice, several documents, nesting without bound. A [Reader] walks the tree, collects faults instead of stopping at the first, and proposes the
// nearest known name for an unknown one. Every fault says file, line and column and shows the line with a caret; what looks like a credential in
// it is masked. Values of secrets come from the environment alone ([Reader.Secret]).
package yamldoc
