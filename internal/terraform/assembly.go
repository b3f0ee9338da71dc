package terraform

import (
	"fmt"
	"strings"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// The tags that say what a database is.
const (
	tagShard      = "ShardID"
	tagRegulatory = "Regulatory"
)

// assembly makes shards of databases, and checks that each is one thing and all are different.
type assembly struct {
	*collector
	options Options
	planned bool

	regions map[string]string
	shards  map[string]*entry    // by name
	entries map[*database]*entry // of primaries
	owners  map[string]*entry    // primaries by identifier; nil where several have it
	vars    map[string]string    // the shard whose variables begin so
	places  map[string]*database // by the address at which it is reached
	worlds  map[string]*database // the shard of each global cluster
	left    []string
}

// entry is a primary; its shard is named only if it is imported.
type entry struct {
	database *database
	shard    Shard
	skipped  bool
}

func (a *assembly) assemble(found []*database) {
	a.regions, a.shards, a.owners = map[string]string{}, map[string]*entry{}, map[string]*entry{}
	a.entries = map[*database]*entry{}
	a.vars, a.places, a.worlds = map[string]string{}, map[string]*database{}, map[string]*database{}
	a.global(found)
	for _, d := range found {
		if !d.replica {
			a.primary(d)
		}
	}
	for _, d := range found {
		if d.replica {
			a.copyOf(d)
		}
	}
}

// global makes copies of the untagged clusters of a global cluster, of which one is tagged.
func (a *assembly) global(found []*database) {
	for _, d := range found {
		_, tagged := d.tag(tagShard)
		if d.worldKey == "" || !tagged || d.replica {
			continue
		}
		if first := a.worlds[d.worldKey]; first != nil {
			a.fail(ErrReplica, d.address, "it is part of the same global cluster as %s, so both hold the same rows: tag only the one that writes", clean(first.address))
			continue
		}
		a.worlds[d.worldKey] = d
	}
	for _, d := range found {
		if first := a.worlds[d.worldKey]; first != nil && d != first && !d.replica {
			if _, tagged := d.tag(tagShard); !tagged {
				d.replica, d.of = true, first
			}
		}
	}
}

// primary makes a shard of a database that holds rows of its own.
func (a *assembly) primary(d *database) {
	e := &entry{database: d, shard: Shard{Driver: d.driver, Region: d.region, Source: clean(d.address)}}
	a.entries[d] = e
	for _, id := range d.ids {
		key := d.identifier(id)
		if before, is := a.owners[key]; is && before != e {
			e = nil // it does not say which: accounts may use the same names
		}
		a.owners[key], e = e, a.entries[d]
	}
	name, hasName := d.tag(tagShard)
	law, hasLaw := d.tag(tagRegulatory)
	if !hasName && !hasLaw && a.options.SkipOthers {
		e.skipped = true
		a.left = append(a.left, clean(d.address)+": it has neither of the tags "+tagShard+" and "+tagRegulatory)
		return
	}
	a.needTag(d, tagShard, hasName)
	a.needTag(d, tagRegulatory, hasLaw)
	if !hasName || !hasLaw || !a.named(d, name) {
		return
	}
	e.shard.Name = name
	a.register(e)
	if d.driver == "" {
		a.fail(ErrEngine, d.address, "engine %s has no driver: shards are PostgreSQL (postgres, aurora-postgresql) or SQL Server (sqlserver-*)", quote(d.engine))
	}
	if jurisdiction, ok := a.settle(d, law); ok {
		a.regions[d.region] = jurisdiction
	}
	if d.tainted {
		e.shard.Notes = append(e.shard.Notes, "tainted: Terraform is about to replace it")
	}
	a.connect(e)
}

func (a *assembly) needTag(d *database, tag string, has bool) {
	if has {
		return
	}
	if near := d.nearly(tag); near != "" {
		a.fail(ErrTag, d.address, "it has no tag %s, but one that is spelled %s: names of tags count letter by letter", tag, quote(near))
		return
	}
	a.fail(ErrTag, d.address, "it has no tag %s: add it (%s = \"eu-1\", %s = \"GDPR\"), or leave databases with neither tag out with --skip-untagged", tag, tagShard, tagRegulatory)
}

// named checks a shard's name.
func (a *assembly) named(d *database, name string) bool {
	r := &yamldoc.Reader{}
	r.CheckName(name, yamldoc.Position{}, "shard")
	if r.Failed() {
		a.fail(ErrTag, d.address, "its tag %s is %s, which is not a name for a shard: use up to 63 letters, digits, and after the first also - _ .", tagShard, quote(name))
		return false
	}
	return true
}

// register notes a shard's name, and that of its variables, which must lead to one database.
func (a *assembly) register(e *entry) {
	d, name := e.database, e.shard.Name
	if before := a.shards[name]; before != nil {
		a.fail(ErrDuplicate, d.address, "its tag %s is %s, as is that of %s: a shard is one database", tagShard, quote(name), before.shard.Source)
		return
	}
	a.shards[name] = e
	prefix := variablePrefix(name)
	if before, is := a.vars[prefix]; is {
		a.fail(ErrDuplicate, d.address, "shards %s and %s would share the variables %s_…: rename one of them", clean(before), name, prefix)
	}
	a.vars[prefix] = name
	if d.host == "" {
		return
	}
	place := fmt.Sprintf("%s:%d/%s", strings.ToLower(d.host), d.port, d.name)
	if before := a.places[place]; before != nil {
		a.fail(ErrDuplicate, d.address, "it is the same database as %s: its rows would be counted twice", clean(before.address))
	}
	a.places[place] = d
}

// copyOf notes a replica at its primary. Rows of a replica are those of the primary, so it must never be a shard of its own.
func (a *assembly) copyOf(d *database) {
	name, tagged := d.tag(tagShard)
	e := a.entries[d.of]
	for _, id := range d.sources {
		if e == nil {
			e = a.owners[d.identifier(id)]
		}
	}
	if e == nil && tagged {
		e = a.shards[name]
	}
	kind := "a replica"
	if d.cluster {
		kind = "an instance of a cluster"
	}
	switch {
	case e == nil && (tagged || !a.options.SkipOthers):
		a.fail(ErrReplica, d.address, "it is %s, but it is not clear of which database in this document%s", kind, a.notYet(": import the state that holds both"))
	case e == nil || e.skipped && !tagged:
		a.left = append(a.left, clean(d.address)+": "+kind+" of what is not imported")
	case e.skipped:
		a.fail(ErrReplica, d.address, "it is %s of %s, which has no tag %s: tag that one", kind, e.shard.Source, tagShard)
	case e.shard.Name == "": // the primary has a fault of its own
	case tagged && name != e.shard.Name:
		a.fail(ErrReplica, d.address, "its tag %s is %s, but it is %s of %s, which is shard %s: it holds the same rows", tagShard, quote(name), kind, e.shard.Source, e.shard.Name)
	case d.cluster:
		e.shard.Replicas = append(e.shard.Replicas, clean(d.address))
	default:
		text := clean(d.address)
		if d.region != "" && d.region != e.shard.Region {
			text += " in " + clean(d.region)
		}
		e.shard.Replicas = append(e.shard.Replicas, text)
	}
}
