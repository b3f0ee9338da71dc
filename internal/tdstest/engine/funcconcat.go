package engine

import "github.com/atoll-sql/atoll/internal/tdstest/tsql"

// replicateType is the argument's family at its greatest bounded length, unless it is MAX.
func replicateType(call *tsql.Call, args []Type) (Type, *Error) {
	if !Implicit(args[1], Type{Kind: Int}) {
		return Type{}, badArgument(args[1], 2, call.Name)
	}
	t, err := varyingType(call, args)
	if t.Length != -1 {
		t = widest(t)
	}
	return t, err
}

func widest(t Type) Type {
	if t.Length = maxBytes; isUnicode(t.Kind) {
		t.Length = maxUnits
	}
	return t
}

// evalReplicate cuts at 8,000 bytes unless the text is MAX; a negative count is NULL.
func evalReplicate(c *invocation) (Value, *Error) {
	s, _, err := c.text(0)
	if err != nil {
		return nil, err
	}
	n, err := c.integer(1)
	if err != nil || n < 0 {
		return nil, err
	}
	limit := int64(c.result.Length)
	if limit < 0 {
		limit = 1 << 28
	}
	out := String16{}
	for ; n > 0 && int64(len(out)) < limit && len(s) > 0; n-- {
		out = append(out, s...)
	}
	return FitText(out, c.result), nil
}

func evalSpace(c *invocation) (Value, *Error) {
	n, err := c.integer(0)
	if err != nil || n < 0 {
		return nil, err
	}
	s := make(String16, min(n, maxBytes))
	for i := range s {
		s[i] = ' '
	}
	return s, nil
}

// concatenated is the type of CONCAT: as long as all arguments together, at most 8,000 bytes unless one is MAX.
func concatenated(call *tsql.Call, args []Type) (Type, *Error) {
	out := varying(asText(args[0]))
	for _, arg := range args[1:] {
		t, err := concatType(out, varying(asText(arg)))
		if err != nil {
			return t, err
		}
		out = t
	}
	if call.Name == "CONCAT_WS" && out.Length > 0 {
		return widest(out), nil
	}
	return out, nil
}

func varying(t Type) Type {
	t, _ = varyingType(nil, []Type{t})
	return t
}

// evalConcat takes NULL as an empty text.
func evalConcat(c *invocation) (Value, *Error) {
	var out String16
	for i, v := range c.args {
		if v == nil {
			continue
		}
		s, _, err := c.text(i)
		if err != nil {
			return nil, err
		}
		out = append(out, s...)
	}
	return FitText(out, c.result), nil
}

// evalConcatWS leaves NULLs out, with their separators. A NULL separator is an empty one.
func evalConcatWS(c *invocation) (Value, *Error) {
	var separator, out String16
	if c.args[0] != nil {
		s, _, err := c.text(0)
		if err != nil {
			return nil, err
		}
		separator = s
	}
	some := false
	for i, v := range c.args {
		if i == 0 || v == nil {
			continue
		}
		s, _, err := c.text(i)
		if err != nil {
			return nil, err
		}
		if some {
			out = append(out, separator...)
		}
		out, some = append(out, s...), true
	}
	return FitText(out, c.result), nil
}
