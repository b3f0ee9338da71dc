// Package tdstest is a server for tests and demos that speaks TDS 7.4 and 8.0, the wire protocol of SQL Server, so that
// the real driver can be tested where no SQL Server is to be had. It is no product: it keeps its rows in memory, it has
// one login, and it can be told to misbehave.
//
// The protocol follows the vendor's specification [MS-TDS]. What SQL means is not known here: an [Executor], normally a
// session of package engine, runs the batches.
//
// Spoken: PRELOGIN, TLS inside TDS packets (for the whole connection or for the login only) and TLS first (TDS 8.0),
// LOGIN7 with a password or a Microsoft Entra access token (sent at once or asked for by FEDAUTHINFO), SQLBatch, the RPC
// sp_executesql, transaction manager requests, the resetting of a connection, and ATTENTION. Refused by name: MARS, SSPI,
// bulk load, table-valued and output parameters, every other procedure.
//
// [MS-TDS]: https://learn.microsoft.com/openspecs/windows_protocols/ms-tds
package tdstest
