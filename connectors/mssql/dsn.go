package mssql

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	driver "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/azuread"
	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/atoll-sql/atoll/connectors"
)

// packetSize is asked of the server where the DSN names none; as large as the vendor's own clients ask for.
const packetSize = "8000"

// newDriver reads the configuration. Its connections ask for a replica to read from, if the DSN does not say otherwise, or for one to write
// to, whatever the DSN says. The parsers' own errors may quote the DSN, so they are not even kept as causes.
func newDriver(cfg connectors.Config, o Options, writes bool) (*driver.Connector, time.Duration, error) {
	params, text := readDSN(cfg.DSN)
	if text == "" && o.Token != nil && params["fedauth"] != "" {
		text = "the DSN says fedauth, and the program provides access tokens: only one of them can be"
	}
	if text != "" {
		return nil, 0, configError(cfg.Shard, text)
	}
	timeout := settle(params, o, cfg.ConnectTimeout)
	if writes {
		params[msdsn.ApplicationIntent] = "ReadWrite"
	}
	var connector *driver.Connector
	var err error
	if o.Token != nil {
		connector, err = driver.NewConnectorWithAccessTokenProvider(writeDSN(params), o.Token)
	} else {
		connector, err = azuread.NewConnector(writeDSN(params))
	}
	if err != nil {
		return nil, 0, configError(cfg.Shard, dsnText(params))
	}
	connector.Dialer = dialer{}
	return connector, timeout, nil
}

func configError(shard, text string) error {
	return connectors.NewError(shard, connectors.ClassConfig, "", text, nil)
}

// readDSN returns the DSN's parameters under the driver's canonical names, or what is wrong.
func readDSN(dsn string) (map[string]string, string) {
	parsed, err := msdsn.Parse(dsn)
	switch {
	case err != nil && parsed.Parameters == nil:
		return nil, "the DSN is not a sqlserver:// URL, nor an ADO or odbc: string that can be read"
	case err != nil:
		return nil, dsnText(parsed.Parameters)
	case parsed.Parameters[msdsn.Server] == "":
		return nil, "the DSN names no server: write sqlserver://user@host/… or server=host;…"
	}
	return maps.Clone(parsed.Parameters), ""
}

// dsnText names what a DSN that can be split may have wrong.
func dsnText(params map[string]string) string {
	if params["fedauth"] != "" {
		return "the DSN's fedauth is not a method that the driver knows, lacks a parameter that the method needs, or another parameter has no valid value"
	}
	return "the DSN has a parameter whose value is not valid (encrypt, port, certificate, …), or names a file that cannot be read"
}

// settle fills in what the DSN leaves open, and takes out what would make a statement mean something else. It returns
// how long connecting may take.
func settle(params map[string]string, o Options, timeout time.Duration) time.Duration {
	fill := func(key, value string) {
		if _, given := params[key]; !given {
			params[key] = value
		}
	}
	fill(msdsn.Encrypt, "true") // the driver's own default encrypts the login only and trusts any certificate
	fill(msdsn.AppName, "atoll")
	if params[msdsn.Database] != "" { // the intent chooses among the replicas of a database
		fill(msdsn.ApplicationIntent, "ReadOnly")
	}
	if o.Token == nil && params["fedauth"] == "" { // a token may need a login longer than one default packet
		fill(msdsn.PacketSize, packetSize)
	}
	// The decoder reads uniqueidentifiers and times as they are stored; the driver's log may show rows.
	params[msdsn.GuidConversion], params[msdsn.Timezone] = "false", "UTC"
	delete(params, msdsn.LogParam)
	// To other clients this is the time to connect, to the driver that of every read.
	seconds, err := strconv.Atoi(params[msdsn.ConnectionTimeout])
	delete(params, msdsn.ConnectionTimeout)
	switch {
	case timeout > 0:
		return timeout
	case err == nil && seconds > 0:
		return time.Duration(seconds) * time.Second
	}
	return defaultConnectTimeout
}

// writeDSN writes parameters in the one form that can hold every value.
func writeDSN(params map[string]string) string {
	var b strings.Builder
	b.WriteString("odbc:")
	for _, key := range slices.Sorted(maps.Keys(params)) {
		b.WriteString(key + "={" + strings.ReplaceAll(params[key], "}", "}}") + "};")
	}
	return b.String()
}
