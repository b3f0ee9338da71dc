package failover

import (
	"errors"
	"fmt"

	"github.com/atoll-sql/atoll/connectors"
)

// errTimeout is why the context of a statement ended that took longer than the shard allows.
var errTimeout = errors.New("the statement took too long")

// errSilent is the cause of an error that speaks against a server because it has answered nothing at all.
var errSilent = errors.New("the server has answered nothing meanwhile")

// over is the error of a statement whose time is up, or whose caller's is; nil if neither.
func (st *statement) over() error {
	if err := st.caller.Err(); err != nil {
		return err
	}
	if st.ctx.Err() == nil {
		return nil
	}
	return connectors.NewError(st.shard.name, connectors.ClassTimeout, "57014", fmt.Sprintf(
		"the statement took longer than the %v that limits.shard_timeout, or the shard's statement_timeout, allows", st.shard.timeout), nil)
}

// silence is the error of a server that let a statement wait for as long as the shard allows, and answered nothing to others meanwhile either: its
// connections may be open and lead nowhere. It is nil where the server has answered, as one that is at work answers probes; where the statement may have
// waited for a connection, since readers hold them all; and where the server had less time because the caller's was up.
func (st *statement) silence(srv *server, ended error) *connectors.Error {
	limit := st.shard.timeout
	if ended == nil || limit == 0 || st.now.Sub(st.began) < limit || srv.heard.Load() >= st.began.UnixNano() || srv.serving.Load() >= int64(srv.conns()) {
		return nil
	}
	return connectors.NewError(st.shard.name, connectors.ClassTimeout, "57014", "the server has answered nothing within "+limit.String(), errSilent)
}
