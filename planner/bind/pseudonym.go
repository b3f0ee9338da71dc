package bind

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// pseudonymFn is the function that gives a value's HMAC-SHA-256 (RFC 2104), over the UTF-8 of its text, in lower-case hexadecimal. Its key
// never stands in the plan: the two blocks that the key makes of it are hidden parameters, so that any engine with SHA-256 computes
// sha256(outer || sha256(inner || text)).
const pseudonymFn = "pseudonym"

// pseudonymFunctions are the types whose text is the same on every engine.
var pseudonymFunctions = map[string][]overload{
	pseudonymFn: {textTo(plan.Text), returns(plan.Text, plan.Int8), returns(plan.Text, plan.UUID), returns(plan.Text, plan.Date), returns(plan.Text, plan.Bool)},
}

// pseudonym binds pseudonym(x).
func (b *binder) pseudonym(at ast.Node, args []plan.Expr) (plan.Expr, error) {
	if choose(functions[pseudonymFn], args) == nil {
		return nil, noSuchFunction(at, pseudonymFn, args)
	}
	if len(b.opts.Pseudonym) == 0 {
		return nil, errorAt(at, "42501", "pseudonym(…) needs a policy with secrets.pseudonym_key")
	}
	x, err := b.coerce(at, args[0], plan.T(plan.Text))
	if err != nil {
		return nil, err
	}
	inner, outer := b.pseudonymBlocks()
	return &plan.Call{Fn: pseudonymFn, Args: []plan.Expr{x, inner, outer}, T: plan.T(plan.Text)}, nil
}

// pseudonymBlocks gives the hidden parameters, which the query's first pseudonym puts behind its own.
func (b *binder) pseudonymBlocks() (inner, outer plan.Expr) {
	b.looked = true // the key is a value
	if b.blocks == 0 {
		b.blocks = len(b.args) + 1
		for _, pad := range []byte{0x36, 0x5c} {
			b.args = append(b.args, Param{Text: `\x` + hex.EncodeToString(hmacBlock(b.opts.Pseudonym, pad)), Secret: true})
			b.params = append(b.params, plan.T(plan.Bytea))
		}
	}
	return &plan.Param{N: b.blocks, T: plan.T(plan.Bytea)}, &plan.Param{N: b.blocks + 1, T: plan.T(plan.Bytea)}
}

// hmacBlock is RFC 2104's key of a block's length, each byte XOR pad.
func hmacBlock(key []byte, pad byte) []byte {
	if len(key) > sha256.BlockSize {
		short := sha256.Sum256(key)
		key = short[:]
	}
	block := make([]byte, sha256.BlockSize)
	copy(block, key)
	for i := range block {
		block[i] ^= pad
	}
	return block
}
