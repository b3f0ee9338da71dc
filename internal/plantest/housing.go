package plantest

import "github.com/atoll-sql/atoll/shardmap"

// Tables returns the tables of the housing world, in the order of their names in the documentation.
func Tables() []Table {
	return []Table{
		{"cooperatives", columns("id integer!; name text!; country text; founded date; reserve numeric(15,2)")},
		{"units", columns("id bigint!; cooperative_id integer!; label text; area double precision; rooms smallint; rent numeric(12,2)")},
		{"members", columns("id bigint!; cooperative_id integer!; name text; email text; born date; active boolean; score real")},
		{"payments", columns("id bigint!; cooperative_id integer!; member_id bigint ~2000; amount numeric(15,2); currency text ~20; paid_on date ~1500; " +
			"booked_at timestamp with time zone; note text; rate double precision; method smallint ~4")},
		{"currencies", columns("code text!; name text; minor_units smallint; eur_rate numeric(12,6)")},
		{"events", columns("id bigint!; kind text ~6; at timestamp without time zone; weight integer ~10; tag uuid; took interval")},
		{"meters", columns("cooperative_id integer!; number text!; reading numeric(12,3); at timestamp with time zone")},
		{"ledger", columns("id bigint!; booked_on date!; account text; debit numeric(18,2); credit numeric(18,2)")},
		{"sensors", columns("id integer!; country text; reading double precision; temp real; taken_at timestamp with time zone; ok boolean")},
		{"archive", columns("id bigint!; cooperative_id integer; amount numeric; code character(6); doc jsonb; raw bytea")},
	}
}

// housingSharding spreads the tables: cooperatives 1–4 live on eu-1, 5–8 on br-1, 9–12 on us-1.
func housingSharding() []shardmap.TableSpec {
	ofCooperative := func(name string) shardmap.TableSpec {
		return shardmap.TableSpec{Name: name, Sharding: shardmap.Sharding{Key: []string{"cooperative_id"}}, ColocatedWith: "cooperatives"}
	}
	all := []string{"eu-1", "br-1", "us-1"}
	at := func(s string) *string { return &s }
	return []shardmap.TableSpec{
		{Name: "cooperatives", Sharding: shardmap.Sharding{Strategy: shardmap.KindLookup, Key: []string{"id"}, KeyType: []string{"integer"},
			Map: []shardmap.Entry{
				{Shard: "eu-1", Keys: []string{"1", "2", "3", "4"}},
				{Shard: "br-1", Keys: []string{"5", "6", "7", "8"}},
				{Shard: "us-1", Keys: []string{"9", "10", "11", "12"}},
			}}},
		ofCooperative("units"), ofCooperative("members"), ofCooperative("payments"),
		{Name: "currencies", Sharding: shardmap.Sharding{Strategy: shardmap.KindReference}},
		{Name: "events", Sharding: shardmap.Sharding{Strategy: shardmap.KindHash, Key: []string{"id"}, KeyType: []string{"bigint"}, Shards: all}},
		{Name: "meters", Sharding: shardmap.Sharding{Strategy: shardmap.KindHash, Key: []string{"cooperative_id", "number"},
			KeyType: []string{"integer", "text"}, Shards: all}},
		{Name: "ledger", Sharding: shardmap.Sharding{Strategy: shardmap.KindRange, Key: []string{"booked_on"}, KeyType: []string{"date"},
			Ranges: []shardmap.Bounds{
				{Shard: "eu-1", To: at("2015-01-01")},
				{Shard: "br-1", From: at("2015-01-01"), To: at("2021-01-01")},
				{Shard: "us-1", From: at("2021-01-01")},
			}}},
		{Name: "sensors", Sharding: shardmap.Sharding{Strategy: shardmap.KindList, Key: []string{"country"}, KeyType: []string{"text"},
			Lists:   []shardmap.Entry{{Shard: "eu-1", Keys: []string{"DE", "FR"}}, {Shard: "br-1", Keys: []string{"BR"}}},
			Default: "us-1"}},
		{Name: "archive", Sharding: shardmap.Sharding{Strategy: shardmap.KindSingle, Shard: "us-1"}},
	}
}
