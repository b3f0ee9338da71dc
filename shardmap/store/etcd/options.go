package etcd

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// What zero values of Options stand for.
const (
	DefaultPrefix  = "atoll"
	DefaultTimeout = 5 * time.Second
)

// A connection is asked for a sign of life after so long a silence, and given so long to answer.
const (
	silence = 10 * time.Second
	answer  = 5 * time.Second
)

// maxRequest is more than a map may have, and bounds what is sent; the server has a bound of its own.
const maxRequest = 4 << 20

// Options say where a map is.
type Options struct {
	Endpoints []string      // URLs or host:port of members
	Prefix    string        // of the key, which is Prefix/map; DefaultPrefix if empty
	Username  string        // "" for no authentication
	Password  string        // is never shown
	TLS       *tls.Config   // nil for none, unless an endpoint begins with https://
	Timeout   time.Duration // of one request, and of logging in; DefaultTimeout if 0
}

// Open returns the store of a key without connecting to the cluster.
func Open(o Options) (*Store, error) {
	if len(o.Endpoints) == 0 {
		return nil, errors.New("the shard map in etcd has no endpoints: name at least one member, such as https://10.0.0.1:2379")
	}
	for _, e := range o.Endpoints {
		if strings.Contains(e, "@") {
			return nil, errors.New("an endpoint of the shard map in etcd holds a user or a password: they are settings of their own")
		}
		if strings.TrimSpace(e) == "" {
			return nil, errors.New("an endpoint of the shard map in etcd is empty")
		}
	}
	if (o.Username == "") != (o.Password == "") {
		return nil, errors.New("the shard map in etcd has a user without a password or a password without a user")
	}
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Store{
		ctx: ctx, stop: stop,
		key: strings.TrimSuffix(o.Prefix, "/") + "/map", endpoints: strings.Join(o.Endpoints, ", "), timeout: o.Timeout, now: time.Now,
		cfg: clientv3.Config{
			Endpoints: o.Endpoints, Username: o.Username, Password: o.Password, TLS: o.TLS, DialTimeout: o.Timeout,
			DialKeepAliveTime: silence, DialKeepAliveTimeout: answer, MaxCallSendMsgSize: maxRequest, Logger: zap.NewNop(),
		},
	}, nil
}

// TLS makes a TLS configuration out of PEM files: certificates of authorities that sign servers, "" for the system's, and this client's certificate and
// key, both "" for none.
func TLS(authorities, certificate, key string) (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if authorities != "" {
		pem, err := os.ReadFile(authorities)
		if err != nil {
			return nil, fmt.Errorf("the certificates of authorities for etcd: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("the certificates of authorities for etcd: %s holds none in PEM", authorities)
		}
	}
	if certificate != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			return nil, fmt.Errorf("the client's certificate for etcd: %w", err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}
