package tdstest

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// The oldest protocol that is spoken, and the one that begins with TLS.
const (
	version72 = 0x72000000
	version80 = 0x08000000
)

// errRefused ends a connection whose login was answered by an error.
var errRefused = errors.New("tdstest: the login is refused")

// open takes a connection through PRELOGIN, TLS and LOGIN7. Its error means that the connection is to be closed.
func (c *conn) open() error {
	strict, err := c.t.startsWithTLS()
	if err != nil {
		return err
	}
	if strict {
		if c.s.options.Encryption == EncryptionAbsent {
			return errors.New("tdstest: a client begins with TLS, which this server does not have")
		}
		if err := c.t.encrypt(c.ctx, c.s.cert, true); err != nil {
			return err
		}
	}
	encryption, asked, err := c.prelogin(strict)
	if err != nil {
		return err
	}
	l, err := c.readLogin(encryption == encryptOff)
	if err != nil {
		return err
	}
	c.login = Login{User: l.user, Database: l.database, AppName: l.app, ReadOnlyIntent: l.readOnly, TDSVersion: l.version,
		TLS: c.t.tls != nil, LoginTLS: encryption != encryptNone, PacketSize: c.packetSize(l.packetSize)}
	if refusal := c.authenticate(&l, asked); refusal != nil {
		return c.refuse(refusal)
	}
	return c.welcome(&l)
}

// prelogin answers PRELOGIN and sets TLS up. It returns what was agreed on, and whether FEDAUTH was.
func (c *conn) prelogin(strict bool) (encryption byte, fedAuth bool, err error) {
	m, err := readMessage(c.t, nil)
	if err != nil {
		return 0, false, err
	}
	if m.kind != typePrelogin {
		return 0, false, fmt.Errorf("tdstest: the first message has type %d, not PRELOGIN", m.kind)
	}
	p, err := parsePrelogin(m.body)
	if err != nil {
		return 0, false, err
	}
	encryption = c.s.options.Encryption.agree(p.encryption)
	if strict {
		encryption = encryptStrict
	} else if encryption == encryptStrict {
		return 0, false, errors.New("tdstest: strict encryption asked for within plain TDS")
	}
	fedAuth = p.fedAuth && c.s.options.AccessToken != ""
	c.w.buf = append(c.w.buf, preloginReply(encryption, fedAuth)...)
	if err := c.w.end(); err != nil {
		return 0, false, err
	}
	if strict || encryption == encryptNone {
		return encryption, fedAuth, nil
	}
	return encryption, fedAuth, c.t.encrypt(c.ctx, c.s.cert, false)
}

// readLogin reads LOGIN7, of which only the first packet is encrypted where only the login is to be.
func (c *conn) readLogin(loginOnly bool) (login, error) {
	var afterFirst func()
	if loginOnly {
		afterFirst = c.t.readPlainly
	}
	m, err := readMessage(c.t, afterFirst)
	if err != nil {
		return login{}, err
	}
	if m.kind != typeLogin {
		return login{}, fmt.Errorf("tdstest: a message of type %d in place of LOGIN7", m.kind)
	}
	if loginOnly {
		c.t.writePlainly()
	}
	return parseLogin(m.body)
}

// packetSize is what is agreed on where a client asks for a size, 0 being no wish.
func (c *conn) packetSize(asked int) int {
	if asked == 0 {
		asked = defaultPacketSize
	}
	size := min(max(asked, minPacketSize), maxPacketSize)
	if c.t.tls != nil {
		size = min(size, maxTLSPacketSize)
	}
	return size
}

// refusal is one or more errors that a login is answered with, or the silence of a fault.
type refusal struct {
	errors []*engine.Error
	fault  *Fault
	broken error // the connection is useless
}

func refused(e ...*engine.Error) *refusal { return &refusal{errors: e} }

// authenticate decides on a login, nil being a welcome. asked says that the server's PRELOGIN asked for FEDAUTH.
func (c *conn) authenticate(l *login, asked bool) *refusal {
	if f := c.s.loginFaults.take(l.user); f != nil {
		if err := sleep(c.ctx, f.Delay); err != nil {
			return &refusal{broken: err}
		}
		if f.Error != nil || f.Drop || f.Garbage {
			return &refusal{fault: f}
		}
	}
	o := &c.s.options
	switch {
	case l.version < version72 && l.version != version80:
		return refused(&engine.Error{Number: 17829, Severity: 20, State: 1, Text: "This test server speaks TDS 7.2 or newer."})
	case l.sspi:
		return refused(&engine.Error{Number: 18452, Severity: 14, State: 1,
			Text: "Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication."})
	}
	if l.library == fedAuthNone {
		if !same(l.user, o.User) || !same(l.password, o.Password) {
			return refused(ErrLoginFailed(l.user))
		}
	} else if refusal := c.authenticateToken(l, asked); refusal != nil {
		return refusal
	}
	if l.database != "" && !strings.EqualFold(l.database, o.Engine.Name) {
		return refused(&engine.Error{Number: 4060, Severity: 11, State: 1,
			Text: "Cannot open database \"" + l.database + "\" requested by the login. The login failed."}, ErrLoginFailed(l.user))
	}
	return nil
}

// tokenUser is how the vendor's server names a login by token that failed.
const tokenUser = "<token-identified principal>"

func (c *conn) authenticateToken(l *login, asked bool) *refusal {
	c.login.Token = true
	if !asked || !l.echo {
		return refused(ErrLoginFailed(tokenUser))
	}
	if l.library == fedAuthADAL {
		c.w.fedAuthInfo(c.s.options.STSURL, c.s.options.SPN)
		if err := c.w.end(); err != nil {
			return &refusal{broken: err}
		}
		m, err := readMessage(c.t, nil)
		if err == nil && m.kind != typeFedAuth {
			err = fmt.Errorf("tdstest: a message of type %d in place of an access token", m.kind)
		}
		if err == nil {
			l.token, err = parseFedAuthToken(m.body)
		}
		if err != nil {
			return &refusal{broken: err}
		}
	}
	if !same(l.token, c.s.options.AccessToken) {
		return refused(ErrLoginFailed(tokenUser))
	}
	return nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// refuse answers a login by errors, or by what a fault demands.
func (c *conn) refuse(r *refusal) error {
	if r.broken != nil {
		return r.broken
	}
	if f := r.fault; f != nil {
		if f.Error != nil {
			r.errors = []*engine.Error{f.Error}
		} else {
			c.s.record.login(c.login)
			return c.misbehave(f)
		}
	}
	c.login.Error = r.errors[0]
	c.s.record.login(c.login)
	for _, e := range r.errors {
		c.w.report(tokenError, serverName, e)
	}
	c.w.done(tokenDone, doneError, commandNone, 0)
	if err := c.w.end(); err != nil {
		return err
	}
	return errRefused
}

// welcome answers a login that is granted.
func (c *conn) welcome(l *login) error {
	o := &c.s.options
	c.s.record.login(c.login)
	c.exec = c.s.newSession(c.login)
	w := c.w
	w.envText(envDatabase, o.Engine.Name, "master")
	w.report(tokenInfo, serverName, &engine.Error{Number: 5701, Severity: 0, State: 2, Text: "Changed database context to '" + o.Engine.Name + "'."})
	coll := collationOf(o.Engine.Collation)
	w.envBytes(envCollation, coll[:], nil)
	w.envText(envLanguage, "us_english", "")
	w.report(tokenInfo, serverName, &engine.Error{Number: 5703, Severity: 0, State: 1, Text: "Changed language setting to us_english."})
	w.loginAck(l.version)
	w.envPacketSize(c.login.PacketSize, defaultPacketSize)
	if l.library != fedAuthNone {
		w.fedAuthAck()
	}
	w.done(tokenDone, 0, commandNone, 0)
	w.size = min(defaultPacketSize, c.login.PacketSize)
	err := w.end()
	w.size = c.login.PacketSize
	return err
}

// misbehave drops the connection, after some bytes that are no token where the fault wants garbage.
func (c *conn) misbehave(f *Fault) error {
	if f.Garbage {
		c.w.buf = append(c.w.buf, 0x00, 0x13, 0x37, 0xfe, 0xca)
		if err := c.w.end(); err != nil {
			return err
		}
		return io.ErrUnexpectedEOF
	}
	if err := c.w.flush(); err != nil {
		return err
	}
	return errDropped
}
