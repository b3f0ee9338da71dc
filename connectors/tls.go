package connectors

import "github.com/atoll-sql/atoll/connectors/dialerror"

// TLSError is the error of a TLS handshake that failed, or nil if err is of another kind. A fault that stays until somebody changes something is
// of class [ClassConfig].
func TLSError(shard string, err error, w dialerror.Words) error {
	text, lasting := dialerror.TLS(err, w)
	if text == "" {
		return nil
	}
	class := ClassUnavailable
	if lasting {
		class = ClassConfig
	}
	return NewError(shard, class, "08001", text, err)
}
