package terraform

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// reference finds a variable in a DSN of ours.
var reference = regexp.MustCompile(`\$\{([A-Z0-9_]+)\}`)

// variablePrefix is how the names of a shard's variables begin: ATOLL_EU_1 for eu-1. Different shards may have the same one.
func variablePrefix(shard string) string {
	return "ATOLL_" + strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(shard))
}

// hostName is what stands in a DSN without any quoting.
var hostName = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$`)

// connect writes a shard's DSN: the address as Terraform knows it, login and password as variables of the environment. Where the address is not
// known yet, or is not wanted, the variable is the whole DSN.
func (a *assembly) connect(e *entry) {
	d, prefix := e.database, variablePrefix(e.shard.Name)
	if d.host == "" && !a.planned {
		a.fail(ErrAddress, d.address, "its address is not known: it may still be in the making, or its server is not in this document")
		return
	}
	if d.host == "" {
		e.shard.Notes = append(e.shard.Notes, "its address is known after terraform apply")
	}
	if d.host == "" || a.options.WholeDSN {
		e.shard.DSN = "${" + prefix + "_DSN}"
		return
	}
	if !hostName.MatchString(d.host) {
		a.fail(ErrAddress, d.address, "its address %s is not the name of a host", quote(d.host))
		return
	}
	if strings.ContainsFunc(d.name, unicode.IsControl) {
		a.fail(ErrAddress, d.address, "the name of its database holds a control character")
		return
	}
	database := strings.ReplaceAll(d.name, "$", "$$")
	if database == "" {
		database = "${" + prefix + "_DATABASE}"
	}
	switch d.driver {
	case "postgres":
		e.shard.DSN = fmt.Sprintf("host=%s port=%d dbname=%s user='${%s_USER}' password='${%s_PASSWORD}' sslmode=verify-full",
			d.host, portOr(d.port, 5432), keywordValue(database), prefix, prefix)
	case "sqlserver":
		login := fmt.Sprintf(`user id="${%s_USER}";password="${%s_PASSWORD}"`, prefix, prefix)
		if d.entra {
			login = "fedauth=ActiveDirectoryDefault"
		}
		e.shard.DSN = fmt.Sprintf(`server=%s;port=%d;database="%s";%s`, d.host, portOr(d.port, 1433), strings.ReplaceAll(database, `"`, `""`), login)
	}
}

func portOr(port, usual int) int {
	if port == 0 {
		return usual
	}
	return port
}

var plainValue = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// keywordValue quotes a value in a DSN of keywords.
func keywordValue(s string) string {
	if plainValue.MatchString(s) {
		return s
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
