package tdstest

import (
	"encoding/binary"
	"errors"
)

// Where LOGIN7 keeps its offsets and lengths, [MS-TDS] 2.2.6.4.
const (
	loginFixed      = 94
	loginUser       = 40
	loginPassword   = 44
	loginApp        = 48
	loginExtension  = 56
	loginDatabase   = 68
	loginSSPILength = 80
)

const (
	flagReadOnlyIntent = 0x20 // of TypeFlags
	flagExtension      = 0x10 // of OptionFlags3
	featureFedAuth     = 0x02
	featureEnd         = 0xff
)

// Libraries of the FEDAUTH feature.
const (
	fedAuthNone  = 0xff
	fedAuthToken = 1 // the token comes with LOGIN7
	fedAuthADAL  = 2 // the server says where to get one
)

// login is what a client's LOGIN7 says.
type login struct {
	version    uint32
	packetSize int
	user       string
	password   string
	database   string
	app        string
	readOnly   bool
	sspi       bool
	library    byte // of FEDAUTH, or fedAuthNone
	echo       bool // that the server's PRELOGIN asked for FEDAUTH
	token      string
}

var errLogin = errors.New("tdstest: a malformed LOGIN7")

func parseLogin(body []byte) (login, error) {
	if len(body) < loginFixed || int(binary.LittleEndian.Uint32(body)) > len(body) {
		return login{}, errLogin
	}
	l := login{
		version:    binary.LittleEndian.Uint32(body[4:]),
		packetSize: int(binary.LittleEndian.Uint32(body[8:])),
		readOnly:   body[26]&flagReadOnlyIntent != 0,
		sspi:       binary.LittleEndian.Uint16(body[loginSSPILength:]) != 0,
		library:    fedAuthNone,
	}
	for _, f := range []struct {
		at     int
		secret bool
		to     *string
	}{{loginUser, false, &l.user}, {loginPassword, true, &l.password}, {loginApp, false, &l.app}, {loginDatabase, false, &l.database}} {
		text, ok := loginField(body, f.at)
		if !ok {
			return l, errLogin
		}
		if f.secret {
			text = unscramble(text)
		}
		*f.to = utf16Text(text)
	}
	if body[27]&flagExtension == 0 {
		return l, nil
	}
	return l, l.features(body)
}

// loginField returns the bytes of the text whose offset and length stand at at.
func loginField(body []byte, at int) ([]byte, bool) {
	offset, length := int(binary.LittleEndian.Uint16(body[at:])), 2*int(binary.LittleEndian.Uint16(body[at+2:]))
	if length == 0 {
		return nil, true
	}
	if offset+length > len(body) {
		return nil, false
	}
	return body[offset : offset+length], true
}

// unscramble undoes what the protocol does to passwords: each byte's halves swapped, then xor 0xA5.
func unscramble(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		c ^= 0xa5
		out[i] = c<<4 | c>>4
	}
	return out
}

// features reads FeatureExt, of which only FEDAUTH matters.
func (l *login) features(body []byte) error {
	at := int(binary.LittleEndian.Uint16(body[loginExtension:]))
	if at+4 > len(body) {
		return errLogin
	}
	at = int(binary.LittleEndian.Uint32(body[at:]))
	if at > len(body) {
		return errLogin
	}
	r := &reader{b: body[at:]}
	for {
		feature := r.u8()
		if r.err != nil {
			return errLogin
		}
		if feature == featureEnd {
			return nil
		}
		data := r.bytes(int(r.u32()))
		if r.err != nil {
			return errLogin
		}
		if feature == featureFedAuth {
			if err := l.fedAuth(&reader{b: data}); err != nil {
				return err
			}
		}
	}
}

func (l *login) fedAuth(r *reader) error {
	options := r.u8()
	l.library, l.echo = options>>1, options&1 != 0
	switch l.library {
	case fedAuthToken:
		l.token = utf16Text(r.bytes(int(r.u32())))
	case fedAuthADAL:
		r.u8() // the workflow, which is the client's affair
	default:
		return errors.New("tdstest: FEDAUTH knows security tokens and ADAL only")
	}
	if r.err != nil {
		return errLogin
	}
	return nil
}

// parseFedAuthToken reads the message that answers FEDAUTHINFO.
func parseFedAuthToken(body []byte) (string, error) {
	r := &reader{b: body}
	r.u32() // of all that follows
	token := utf16Text(r.bytes(int(r.u32())))
	return token, r.err
}
