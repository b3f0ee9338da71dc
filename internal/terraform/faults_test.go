package terraform_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/terraform"
)

func shardsOutput(t testing.TB, shards any) []byte {
	t.Helper()
	data, err := json.Marshal(map[string]any{"shards": map[string]any{"sensitive": false, "value": shards}})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// at is a state of resources, each `type name attributes-in-JSON`.
func at(resources ...string) string {
	var list []string
	for _, r := range resources {
		p := strings.SplitN(r, " ", 3)
		list = append(list, fmt.Sprintf(`{"address":"%s.%s","mode":"managed","type":"%s","values":%s}`, p[0], p[1], p[0], p[2]))
	}
	return `{"format_version":"1.0","values":{"root_module":{"resources":[` + strings.Join(list, ",") + `]}}}`
}

// pg is an instance of PostgreSQL on AWS.
func pg(name, region, tags, more string) string {
	return fmt.Sprintf(`aws_db_instance %s {"engine":"postgres","identifier":%q,"address":"%s.%s.example.com","port":5432,"db_name":"coops",`+
		`"password":"s3cret","arn":"arn:aws:rds:%s:1:db:%s","tags":{%s}%s}`, name, name, name, region, region, name, tags, more)
}

func tags(shard, law string) string { return fmt.Sprintf(`"ShardID":%q,"Regulatory":%q`, shard, law) }

var eu1 = pg("a", "eu-central-1", tags("eu-1", "GDPR"), "")

func TestFaults(t *testing.T) {
	cluster := func(name, id, tags string) string {
		return fmt.Sprintf(`aws_rds_cluster %s {"engine":"aurora-postgresql","cluster_identifier":%q,"endpoint":"%s.example.com","arn":"arn:aws:rds:eu-west-1:1:cluster:%s","global_cluster_identifier":"world","tags":{%s}}`, name, id, id, id, tags)
	}
	for _, c := range []struct {
		name, input string
		kind        error
		want        string
	}{
		{"empty", " \n", terraform.ErrFormat, "the input is empty"},
		{"not JSON", "\n# aws_db_instance.a:\nresource", terraform.ErrFormat, "line 2: not JSON"},
		{"cut off", `{"format_version":"1.0","values":{`, terraform.ErrFormat, "ends too early"},
		{"two documents", at(eu1) + "\n" + at(eu1), terraform.ErrFormat, "line 2: there is more after the JSON"},
		{"UTF-16", "\xff\xfe{\x00", terraform.ErrFormat, "UTF-16"},
		{"a list", `[1]`, terraform.ErrFormat, "not a JSON object"},
		{"another version", `{"format_version":"2.0","values":{}}`, terraform.ErrFormat, "format_version must be 1.x"},
		{"wrong type", `{"format_version":"1.0","values":{"root_module":{"resources":"s3cret"}}}`, terraform.ErrFormat, "values.root_module.resources is not of the type"},
		{"the state itself", `{"version":4,"lineage":"x","serial":1,"resources":[]}`, terraform.ErrFormat, "in which Terraform keeps its state"},
		{"an empty state", `{"format_version":"1.0"}`, terraform.ErrNoValues, "the state is empty"},
		{"a plan without values", `{"format_version":"1.2","resource_changes":[]}`, terraform.ErrNoValues, "no planned_values"},
		{"a failed plan", `{"format_version":"1.2","planned_values":{},"errored":true}`, terraform.ErrNoValues, "the plan failed"},
		{"a plan in part", `{"format_version":"1.2","planned_values":{},"complete":false}`, terraform.ErrNoValues, "leaves resources for later"},
		{"no database", at(`aws_s3_bucket b {"tags":{}}`), terraform.ErrNoValues, "there is no database to import"},
		{"other outputs", `{"bucket":{"value":"x"}}`, terraform.ErrNoValues, "nor an output named shards"},
		{"no tags", at(eu1, pg("b", "eu-west-1", "", "")), terraform.ErrTag, "aws_db_instance.b: it has no tag ShardID"},
		{"one tag", at(pg("b", "eu-west-1", `"ShardID":"b"`, "")), terraform.ErrTag, "aws_db_instance.b: it has no tag Regulatory"},
		{"tag nearly", at(pg("b", "eu-west-1", `"ShardId":"b","Regulatory":"GDPR"`, "")), terraform.ErrTag, `one that is spelled "ShardId"`},
		{"bad name", at(pg("b", "eu-west-1", tags("eu 1", "GDPR"), "")), terraform.ErrTag, `"eu 1", which is not a name`},
		{"duplicate", at(eu1, pg("b", "eu-west-1", tags("eu-1", "GDPR"), "")), terraform.ErrDuplicate, "as is that of aws_db_instance.a"},
		{"same variables", at(eu1, pg("b", "eu-west-1", tags("EU.1", "GDPR"), "")), terraform.ErrDuplicate, "would share the variables ATOLL_EU_1_"},
		{"unknown law", at(pg("b", "eu-west-1", tags("b", "GDRP"), "")), terraform.ErrJurisdiction, `"GDRP", which is no law`},
		{"law of another place", at(pg("b", "us-east-1", tags("b", "GDPR"), "")), terraform.ErrJurisdiction, "region us-east-1 lies in US"},
		{"unknown region", at(pg("b", "eu-west-9", tags("b", "GDPR"), "")), terraform.ErrRegion, `region "eu-west-9" is not one`},
		{"no region", at(`aws_db_instance b {"engine":"postgres","address":"h","tags":{` + tags("b", "GDPR") + `}}`), terraform.ErrRegion, "its region is not known"},
		{"engine", at(strings.Replace(eu1, `"postgres"`, `"mysql"`, 1)), terraform.ErrEngine, `engine "mysql" has no driver`},
		{"no address", at(strings.Replace(eu1, `"address"`, `"addr"`, 1)), terraform.ErrAddress, "its address is not known"},
		{"address that is none", at(strings.Replace(eu1, `"address":"a.`, `"address":"h user=x `, 1)), terraform.ErrAddress, "is not the name of a host"},
		{"attribute of another type", at(strings.Replace(eu1, `5432`, `"s3cret"`, 1)), terraform.ErrFormat, "port is not a number"},
		{"replica as a shard", at(eu1, pg("r", "eu-central-1", tags("eu-2", "GDPR"), `,"replicate_source_db":"a"`)), terraform.ErrReplica, "which is shard eu-1: it holds the same rows"},
		{"replica as a shard, by ARN", at(pg("r", "eu-west-1", tags("eu-2", "GDPR"), `,"replicate_source_db":"arn:aws:rds:eu-central-1:1:db:a"`), eu1), terraform.ErrReplica, "which is shard eu-1"},
		{"replica of one of two", at(eu1, pg("b", "eu-central-1", tags("eu-2", "GDPR"), `,"id":"a"`), pg("r", "eu-central-1", "", `,"replicate_source_db":"a"`)), terraform.ErrReplica, "not clear of which database"},
		{"replica of what is elsewhere", at(pg("r", "eu-central-1", tags("eu-2", "GDPR"), `,"replicate_source_db":"a"`)), terraform.ErrReplica, "import the state that holds both"},
		{"two of a global cluster", at(cluster("a", "c-1", tags("eu-1", "GDPR")), cluster("b", "c-2", tags("eu-2", "GDPR"))), terraform.ErrReplica, "part of the same global cluster"},
		{"no server", at(`azurerm_mssql_database b {"name":"x","server_id":"/s","tags":{` + tags("b", "GDPR") + `}}`), terraform.ErrAddress, "its server is not in this document"},
		{"sensitive output", `{"shards":{"sensitive":true,"value":{}}}`, terraform.ErrFormat, "marked as sensitive"},
		{"password in an output", `{"shards":{"value":{"b":{"password":"s3cret"}}}}`, terraform.ErrFormat, `output shards["b"]: unknown key "password"`},
		{"same database twice", `{"shards":{"value":[{"shard_id":"a","region":"us-east-1","regulatory":"US","driver":"postgres","host":"h","database":"d"},
			{"shard_id":"b","region":"us-east-1","regulatory":"US","driver":"postgres","host":"H","database":"d"}]}}`, terraform.ErrDuplicate, "its rows would be counted twice"},
		{"key twice", `{"shards":{"value":{"a":{},"a":{}}}}`, terraform.ErrDuplicate, "the key is given twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := terraform.Read([]byte(c.input), terraform.Options{})
			if err == nil {
				t.Fatalf("imported:\n%s", found.YAML())
			}
			if found != nil {
				t.Error("there is an import beside the error")
			}
			if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %q (%v)", err, c.want, c.kind)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the message tells a secret: %v", err)
			}
		})
	}
}

// TestOptions: what is refused without an option is read with it.
func TestOptions(t *testing.T) {
	for _, c := range []struct {
		name, input string
		options     terraform.Options
		want        string
	}{
		{"others", at(eu1, pg("b", "eu-west-1", "", ""), pg("r", "eu-west-1", "", `,"replicate_source_db":"b"`)), terraform.Options{SkipOthers: true},
			"# not imported: aws_db_instance.b: it has neither of the tags ShardID and Regulatory\n# not imported: aws_db_instance.r: a replica of what is not imported\nregions:"},
		{"a law", at(pg("b", "eu-central-2", tags("b", "nFADP"), "")), terraform.Options{Regulations: map[string]string{"nFADP": "CH"}}, "  eu-central-2: {jurisdiction: CH}\n"},
		{"a region", at(pg("b", "eu-west-2", tags("b", "GDPR"), "")), terraform.Options{Regions: map[string]string{"eu-west-2": "EU"}}, "  eu-west-2: {jurisdiction: EU}\n"},
		{"whole DSN", at(eu1), terraform.Options{WholeDSN: true}, `dsn: "${ATOLL_EU_1_DSN}"}`},
		{"a jurisdiction by name", at(pg("b", "eu-west-2", tags("b", "uk"), "")), terraform.Options{}, "jurisdiction: UK}"},
		{"a name that YAML would read otherwise", at(pg("b", "eu-west-2", tags("null", "UK"), ""), pg("c", "eu-west-2", tags("17", "UK"), "")), terraform.Options{}, `  "17": {region`},
		{"a data source", strings.Replace(at(pg("b", "us-east-1", "", ""), eu1), "managed", "data", 1), terraform.Options{}, "# not imported: aws_db_instance.b: a data source, which another configuration manages\n"},
		{"deposed", strings.Replace(at(eu1, eu1), `"mode"`, `"deposed_key":"00000001","mode"`, 1), terraform.Options{}, "# not imported: aws_db_instance.a: deposed"},
		{"tainted", strings.Replace(at(eu1), `"mode"`, `"tainted":true,"mode"`, 1), terraform.Options{}, "  #   tainted: Terraform is about to replace it\n"},
		{"Entra in an output", `{"shards":{"value":{"a":{"region":"Brazil South","regulatory":"LGPD","driver":"sqlserver","host":"h","database":"d","entra":true}}}}`,
			terraform.Options{}, `a: {region: brazilsouth, driver: sqlserver, dsn: 'server=h;port=1433;database="d";fedauth=ActiveDirectoryDefault'}`},
		{"a global cluster", at(`aws_rds_cluster a {"engine":"aurora-postgresql","region":"eu-west-1","endpoint":"a","global_cluster_identifier":"w","tags":{`+tags("eu-1", "GDPR")+`}}`,
			`aws_rds_cluster b {"engine":"aurora-postgresql","region":"eu-west-3","endpoint":"b","global_cluster_identifier":"w"}`), terraform.Options{}, "  #   replica, not a shard: aws_rds_cluster.b in eu-west-3\n"},
		{"equal names in two regions", at(eu1, pg("x", "eu-west-1", tags("eu-2", "GDPR"), `,"id":"a"`), pg("r", "eu-west-1", "", `,"replicate_source_db":"a"`)),
			terraform.Options{}, "#   replica, not a shard: aws_db_instance.r\n  eu-2:"},
	} {
		found, err := terraform.Read([]byte(c.input), c.options)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := string(found.YAML()); !strings.Contains(got, c.want) {
			t.Errorf("%s: not %q in\n%s", c.name, c.want, got)
		}
		usable(t, found)
	}
}

// manyShards is a state of n shards, each in a module of its own with a replica, as a provider would fill it in.
func manyShards(t testing.TB, n int) []byte {
	t.Helper()
	var state map[string]any
	data, err := os.ReadFile("testdata/state_aws.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &state); err != nil {
		t.Fatal(err)
	}
	model := `{"address":"module.s[%[1]d]","resources":[{"address":"module.s[%[1]d].aws_db_instance.this","mode":"managed","type":"aws_db_instance","values":%[2]s},
		{"address":"module.s[%[1]d].aws_db_instance.replica","mode":"managed","type":"aws_db_instance","values":%[3]s}]}`
	var modules []json.RawMessage
	for i := range n {
		text := func(name, more string) string {
			return strings.SplitN(pg(name, "eu-central-1", tags(fmt.Sprintf("eu-%03d", i), "GDPR"), more+`,"ballast":"`+strings.Repeat("x", 4000)+`"`), " ", 3)[2]
		}
		id := fmt.Sprintf("coops-%d", i)
		modules = append(modules, json.RawMessage(fmt.Sprintf(model, i, text(id, ""), text(id+"-r", `,"replicate_source_db":"`+id+`"`))))
	}
	root := state["values"].(map[string]any)["root_module"].(map[string]any)
	root["resources"], root["child_modules"] = nil, modules
	if data, err = json.Marshal(state); err != nil {
		t.Fatal(err)
	}
	return data
}

// TestManyShards: 500 shards, with a replica each, are imported and merged. BenchmarkImport500 tells how fast.
func TestManyShards(t *testing.T) {
	found, err := terraform.Read(manyShards(t, 500), terraform.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text := found.YAML()
	merged, _, err := found.Merge([]byte(skeleton), "atoll.yaml")
	if err != nil || len(found.Shards) != 500 || strings.Count(string(text), "replica, not a shard") != 500 || strings.Count(string(merged), "driver: postgres") != 501 {
		t.Fatalf("%d shards, %v", len(found.Shards), err)
	}
}

func BenchmarkImport500(b *testing.B) {
	data := manyShards(b, 500)
	for b.Loop() {
		found, err := terraform.Read(data, terraform.Options{})
		if err != nil {
			b.Fatal(err)
		}
		found.YAML()
	}
}
