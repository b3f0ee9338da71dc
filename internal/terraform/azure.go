package terraform

import (
	"strconv"
	"strings"
)

// server is a logical server of Azure SQL: it has the address, the place and perhaps the tags of the databases on it.
type server struct {
	address, module string
	host, region    string
	entra           bool
	tags            map[string]string
}

// surroundings reads what databases of Azure refer to.
func (f *finder) surroundings() {
	f.servers, f.perName = map[string]server{}, map[string]string{}
	for i, r := range f.known.resources {
		if r.Mode == "data" || r.Deposed != "" {
			continue
		}
		a := &attributes{collector: f.collector, address: r.Address, values: r.Values}
		switch r.Type {
		case "azurerm_mssql_server":
			id := strings.ToLower(a.text("id"))
			if id == "" { // it does not exist yet
				id = "planned " + strconv.Itoa(i)
			}
			f.servers[id] = server{
				address: r.Address, module: r.module, host: a.text("fully_qualified_domain_name"), region: azureRegion(a.text("location")),
				entra: a.flag("azuread_administrator", "azuread_authentication_only"), tags: a.tags(),
			}
		case "azurerm_postgresql_flexible_server_database":
			id, name := strings.ToLower(a.text("server_id")), a.text("name")
			if _, several := f.perName[id]; several {
				name = ""
			}
			f.perName[id] = name
		}
	}
}

// azureDatabase reads an azurerm_mssql_database.
func azureDatabase(f *finder, a *attributes, r resource) *database {
	d := &database{engine: "sqlserver", driver: "sqlserver", port: 1433, name: a.text("name"), tags: a.tags(), anyCase: true, ids: present(a.text("id"))}
	if mode := a.text("create_mode"); mode == "Secondary" || mode == "OnlineSecondary" {
		d.replica, d.sources = true, present(a.text("creation_source_database_id"))
	}
	s, is := f.serverOf(a.text("server_id"), r.module)
	if !is {
		return d
	}
	d.host, d.region, d.entra = s.host, s.region, s.entra
	for name, value := range s.tags { // a database is what its server is, unless it says otherwise
		if _, own := d.tag(name); !own {
			d.tags[name] = value
		}
	}
	return d
}

// serverOf finds a database's server. In a plan its identifier may not be known; then it is the only server of the same module.
func (f *finder) serverOf(id, module string) (server, bool) {
	if id != "" {
		s, is := f.servers[strings.ToLower(id)]
		return s, is
	}
	var found []server
	for _, s := range f.servers {
		if s.module == module {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		return server{}, false
	}
	return found[0], true
}

// azurePostgres reads an azurerm_postgresql_flexible_server.
func azurePostgres(f *finder, a *attributes, _ resource) *database {
	d := &database{
		engine: "postgres", driver: "postgres", region: azureRegion(a.text("location")), host: a.text("fqdn"), port: 5432,
		tags: a.tags(), anyCase: true, ids: present(a.text("id")),
	}
	if id := a.text("id"); id != "" {
		d.name = f.perName[strings.ToLower(id)]
	}
	// A replica that was promoted keeps its create_mode and has the role None.
	if a.text("create_mode") == "Replica" && a.text("replication_role") != "None" {
		d.replica, d.sources = true, present(a.text("source_server_id"))
	}
	return d
}
