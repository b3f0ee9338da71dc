package terraform

import (
	"cmp"
	"slices"
)

// Options say how to read what Terraform knows. The zero value asks for everything to be said by tags and known tables.
type Options struct {
	Regulations map[string]string // further laws that a tag Regulatory may name, and the jurisdiction of each
	Regions     map[string]string // the jurisdiction of regions that are not known here, or that shall count otherwise
	SkipOthers  bool              // leave out databases with neither of the tags, instead of refusing them
	WholeDSN    bool              // every DSN is one variable of the environment; no address is written
}

// Import is what the databases of a document are to Atoll. It is not changed after [Read].
type Import struct {
	Regions []Region // by name
	Shards  []Shard  // by name
	Left    []string // which databases were left out, and why
}

// Region is a region of the configuration.
type Region struct{ Name, Jurisdiction string }

// Shard is a shard of the configuration. Its DSN refers to variables of the environment for login and password.
type Shard struct {
	Name, Region, Driver, DSN string

	Source   string   // the resource's address, or the output's name
	Notes    []string // what a reader should know
	Replicas []string // the addresses of resources with copies of its rows, which are not shards
}

// Variables lists the variables of the environment that the DSNs refer to, in the order of the shards.
func (i *Import) Variables() []string {
	var out []string
	for _, s := range i.Shards {
		for _, m := range reference.FindAllStringSubmatch(s.DSN, -1) {
			out = append(out, m[1])
		}
	}
	return out
}

// Read turns Terraform's JSON into regions and shards. The error is of type [Faults]; there is then no import, not even in part.
func Read(data []byte, o Options) (*Import, error) {
	k, err := parse(data)
	if err != nil {
		return nil, err
	}
	c := &collector{}
	found, left := k.find(c)
	if len(found) == 0 && k.shards != nil {
		found = k.shards.databases(c)
	} else if k.shards != nil {
		left = append(left, "output "+outputName+": the resources themselves are read")
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	a := &assembly{collector: c, options: o, planned: k.planned}
	a.assemble(found)
	if err := c.err(); err != nil {
		return nil, err
	}
	if len(a.shards) == 0 {
		return nil, fault(ErrNoValues, "there is no database to import: neither aws_db_instance, aws_rds_cluster, azurerm_mssql_database, "+
			"azurerm_postgresql_flexible_server with the tags ShardID and Regulatory, nor an output named %s", outputName)
	}
	return a.result(append(left, a.left...)), nil
}

// result orders what was found.
func (a *assembly) result(left []string) *Import {
	i := &Import{Left: left}
	for name, jurisdiction := range a.regions {
		i.Regions = append(i.Regions, Region{name, jurisdiction})
	}
	slices.SortFunc(i.Regions, func(a, b Region) int { return cmp.Compare(a.Name, b.Name) })
	for _, e := range a.shards {
		slices.Sort(e.shard.Replicas)
		i.Shards = append(i.Shards, e.shard)
	}
	slices.SortFunc(i.Shards, func(a, b Shard) int { return cmp.Compare(a.Name, b.Name) })
	return i
}
