package terraform

import "strings"

// database is a resource that may be a shard, or a replica of one.
type database struct {
	address string // of the resource
	engine  string // as the cloud calls it
	driver  string // Atoll's; "" if there is none
	region  string // "" if not known
	host    string // "" if not known
	port    int    // 0 if not known
	name    string // of the database at the server; "" if not known
	entra   bool   // logins are those of Microsoft Entra only
	tainted bool

	tags     map[string]string
	anyCase  bool     // the cloud does not tell upper from lower case in names of tags and identifiers
	ids      []string // what a replica may call it
	replica  bool
	sources  []string  // what a replica calls its primary
	of       *database // the primary, where sources need not say it
	cluster  bool      // it has no rows of its own: a member of the cluster that sources names
	worldKey string    // of a cluster that is part of a global one: all of these hold the same rows
}

// tag returns the value of a tag.
func (d *database) tag(name string) (string, bool) {
	if v, is := d.tags[name]; is || !d.anyCase {
		return v, is
	}
	for key, v := range d.tags {
		if strings.EqualFold(key, name) {
			return v, true
		}
	}
	return "", false
}

// nearly returns a tag that is spelled almost like name, "" if there is none.
func (d *database) nearly(name string) string {
	plain := func(s string) string {
		return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(s))
	}
	found := ""
	for key := range d.tags {
		if plain(key) == plain(name) && key > found {
			found = key
		}
	}
	return found
}

// identifier makes an identifier in the words of d comparable with those of others.
func (d *database) identifier(id string) string {
	if d.anyCase {
		return "azure:" + strings.ToLower(id)
	}
	if strings.HasPrefix(id, "arn:") {
		return id
	}
	return "aws:" + d.region + ":" + id // each region has names of its own
}

// finder turns the resources of a document into databases.
type finder struct {
	*collector
	known   *known
	servers map[string]server // of Azure SQL, by identifier
	perName map[string]string // of PostgreSQL's flexible servers: the one database that Terraform made there, "" if several
}

// find returns the databases among the resources, and which of those that look like one are left out, with the reason.
func (k *known) find(c *collector) (found []*database, left []string) {
	f := &finder{collector: c, known: k}
	f.surroundings()
	for _, r := range k.resources {
		make := makers[r.Type]
		if make == nil {
			continue
		}
		switch {
		case r.Mode == "data":
			left = append(left, clean(r.Address)+": a data source, which another configuration manages")
			continue
		case r.Deposed != "":
			left = append(left, clean(r.Address)+": deposed, Terraform is about to destroy it")
			continue
		}
		d := make(f, &attributes{collector: c, address: r.Address, values: r.Values}, r)
		d.address, d.tainted = r.Address, r.Tainted
		found = append(found, d)
	}
	return found, left
}

// makers reads each type of resource that is a database.
var makers = map[string]func(*finder, *attributes, resource) *database{
	"aws_db_instance":                    amazonInstance,
	"aws_rds_cluster":                    amazonCluster,
	"aws_rds_cluster_instance":           amazonMember,
	"azurerm_mssql_database":             azureDatabase,
	"azurerm_postgresql_flexible_server": azurePostgres,
}

// driverOf returns the driver for an engine of any cloud.
func driverOf(engine string) string {
	switch e := strings.TrimPrefix(engine, "custom-"); {
	case e == "postgres" || e == "aurora-postgresql":
		return "postgres"
	case e == "sqlserver" || strings.HasPrefix(e, "sqlserver-"):
		return "sqlserver"
	}
	return ""
}
