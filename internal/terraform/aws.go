package terraform

import "strings"

// amazonRegion finds the region of a resource of AWS: its own attribute (since version 6 of the provider), its ARN, its availability zone.
func amazonRegion(a *attributes) string {
	if r := a.text("region"); r != "" {
		return r
	}
	if parts := strings.Split(a.text("arn"), ":"); len(parts) > 5 && parts[3] != "" {
		return parts[3]
	}
	if zone := a.text("availability_zone"); zone != "" {
		return amazonZone.FindString(zone)
	}
	var zones []string
	if a.read("availability_zones", &zones, "a list of texts") && len(zones) > 0 {
		return amazonZone.FindString(zones[0])
	}
	return ""
}

// amazonInstance reads an aws_db_instance.
func amazonInstance(_ *finder, a *attributes, _ resource) *database {
	d := &database{
		engine: a.text("engine"), region: amazonRegion(a), host: a.text("address"), port: a.port("port"), name: a.text("db_name", "name"), tags: a.tags(),
	}
	d.ids = present(a.text("identifier"), a.text("arn"), a.text("id"), a.text("resource_id"))
	if source := a.text("replicate_source_db"); source != "" {
		d.replica, d.sources = true, []string{source}
	}
	d.driver = driverOf(d.engine)
	return d
}

// amazonCluster reads an aws_rds_cluster: Aurora, or a Multi-AZ cluster.
func amazonCluster(_ *finder, a *attributes, _ resource) *database {
	d := &database{
		engine: a.text("engine"), region: amazonRegion(a), host: a.text("endpoint"), port: a.port("port"), name: a.text("database_name"), tags: a.tags(),
		worldKey: a.text("global_cluster_identifier"),
	}
	d.ids = present(a.text("cluster_identifier"), a.text("arn"), a.text("id"))
	if source := a.text("replication_source_identifier"); source != "" {
		d.replica, d.sources = true, []string{source}
	}
	d.driver = driverOf(d.engine)
	return d
}

// amazonMember reads an aws_rds_cluster_instance, which serves the rows of its cluster.
func amazonMember(_ *finder, a *attributes, _ resource) *database {
	d := &database{engine: a.text("engine"), region: amazonRegion(a), host: a.text("endpoint"), tags: a.tags(), replica: true, cluster: true}
	d.sources = present(a.text("cluster_identifier"))
	d.driver = driverOf(d.engine)
	return d
}

// present leaves out what is empty.
func present(texts ...string) []string {
	var out []string
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}
