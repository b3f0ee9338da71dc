package config

import (
	"net/url"
	"strings"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// A server that holds a schema or a database for each of many tenants is written down once. Each of them becomes a shard of its own, called
// SERVER.NAME, that is reached as the server's own shard is, but for the schema or the database.

// tenantKeys are the tenants of each such shard, by its name.
type tenantKeys map[string][]string

// tenants reads the schemas and databases of tenants of a shard, and returns the shards that they are.
func (l *loader) tenants(f *yamldoc.Fields, server Shard, keys tenantKeys) []Shard {
	var out []Shard
	for _, setting := range []string{"schemas", "databases"} {
		n := f.Get(setting)
		if n == nil {
			continue
		}
		for _, e := range l.Entries(n) {
			s := server
			s.Name = server.Name + "." + e.Key
			l.CheckName(s.Name, e.KeyAt, "tenant's shard")
			if setting == "schemas" {
				s.Schema = e.Key
				s.Replicas = ofTenant(server, e.Key, e.Key, "")
			} else if s.dsn = inDatabase(server.Driver, server.dsn, e.Key); s.dsn == "" && server.dsn != "" {
				l.Fail(e.KeyAt, "%s: a %s shard has no databases beside its own: list each file as a shard", e.Path, server.Driver)
			} else {
				s.Replicas = ofTenant(server, e.Key, "", e.Key)
			}
			if !l.Is(e, yamldoc.List) {
				continue
			}
			for _, c := range e.Children {
				if text, ok := l.Scalar(c); ok {
					keys[s.Name] = append(keys[s.Name], text)
				}
			}
			if len(e.Children) == 0 {
				l.Fail(e.KeyAt, "%s lists no tenant: write their keys, such as [17]", e.Path)
			}
			out = append(out, s)
		}
	}
	return out
}

// inDatabase is a DSN that leads to another database of its server; "" where there is none.
func inDatabase(driver, dsn, name string) string {
	isURL := strings.Contains(dsn, "://")
	switch {
	case driver == "duckdb":
		return ""
	case isURL && driver == "postgres":
		head, rest, _ := strings.Cut(dsn, "://")
		user, after := "", rest
		if i := strings.LastIndex(cutQuery(rest), "@"); i >= 0 {
			user, after = rest[:i+1], rest[i+1:]
		}
		place, query, has := strings.Cut(after, "?")
		host, _, _ := strings.Cut(place, "/")
		out := head + "://" + user + host + "/" + url.PathEscape(name)
		if has {
			out += "?" + query
		}
		return out
	case isURL:
		place, query, _ := strings.Cut(dsn, "?")
		pairs := []string{"database=" + url.QueryEscape(name)}
		for _, p := range strings.Split(query, "&") {
			key, _, _ := strings.Cut(p, "=")
			if p != "" && !strings.EqualFold(key, "database") {
				pairs = append(pairs, p)
			}
		}
		return place + "?" + strings.Join(pairs, "&")
	case driver == "postgres":
		return dsn + " dbname='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(name) + "'"
	case strings.HasPrefix(strings.ToLower(dsn), "odbc:"):
		return strings.TrimRight(dsn, "; ") + ";database={" + strings.ReplaceAll(name, "}", "}}") + "}"
	}
	return strings.TrimRight(dsn, "; ") + `;database="` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// cutQuery is a URL's text before its query and fragment.
func cutQuery(s string) string {
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		return s[:i]
	}
	return s
}
