// Package postgres keeps a shard map in a table of a PostgreSQL database, version 12 or later, one row for each version:
//
//	CREATE TABLE atoll_map (name text, version bigint, document text, changed_at timestamptz DEFAULT now(), PRIMARY KEY (name, version))
//
// The first [Store.Swap] makes the table where it is missing. Old versions stay until somebody deletes them.
//
// Which version is the newest only the primary can say, so every Load asks it for a number and a checksum; the moment before that question is the answer's AsOf. The
// text comes from whichever server is nearest and has it: the primary or a replica, those in the reader's region first, then by measured round trip. A
// replica that lags does not have the version that was named, and one that holds another text fails the checksum: neither can make an answer wrong, and then the next server is
// asked, at last the primary. A text that is known already is not read again. So in steady state a Load is one short round trip to the primary.
//
// Changes are told by LISTEN and NOTIFY, which needs a connection to the server itself: a pooler that lends connections for a transaction loses
// them, and then a change is found when the map is next read.
package postgres
