package tdstest

import (
	"encoding/binary"
	"fmt"
)

// Options of PRELOGIN, [MS-TDS] 2.2.6.5.
const (
	preVersion    = 0
	preEncryption = 1
	preInstance   = 2
	preThread     = 3
	preMARS       = 4
	preFedAuth    = 6
	preEnd        = 0xff
)

// Values of PRELOGIN's encryption option.
const (
	encryptOff    = 0 // the login only
	encryptOn     = 1
	encryptNone   = 2 // not supported
	encryptNeeded = 3
	encryptStrict = 4 // TDS 8.0: TLS came first
)

// Encryption says what the server demands of connections that do not begin with TLS.
type Encryption uint8

// What a server demands.
const (
	EncryptionOffered  Encryption = iota // as the client wants it
	EncryptionRequired                   // for the whole connection, whatever the client wants
	EncryptionAbsent                     // the server has none
)

// prelogin is what the client asked for.
type prelogin struct {
	encryption byte
	fedAuth    bool // the client means to log in with an access token
}

func parsePrelogin(body []byte) (prelogin, error) {
	p := prelogin{encryption: encryptNone}
	for at := 0; ; at += 5 {
		if at >= len(body) {
			return p, errShort
		}
		if body[at] == preEnd {
			return p, nil
		}
		if at+5 > len(body) {
			return p, errShort
		}
		offset, length := int(binary.BigEndian.Uint16(body[at+1:])), int(binary.BigEndian.Uint16(body[at+3:]))
		if offset+length > len(body) {
			return p, fmt.Errorf("tdstest: PRELOGIN option %d lies outside of its message", body[at])
		}
		value := body[offset : offset+length]
		switch {
		case body[at] == preEncryption && length >= 1:
			p.encryption = value[0]
		case body[at] == preFedAuth && length >= 1:
			p.fedAuth = value[0] != 0
		}
	}
}

// agree returns the server's side of the encryption option. The client leaves if it cannot live with it.
func (e Encryption) agree(client byte) byte {
	switch {
	case client == encryptStrict:
		return encryptStrict
	case e == EncryptionAbsent:
		return encryptNone
	case e == EncryptionRequired && client != encryptOn:
		return encryptNeeded
	case client == encryptNeeded:
		return encryptOn
	}
	return client
}

// preloginReply builds the server's options: version 16.0.1000, no instance check, no MARS.
func preloginReply(encryption byte, fedAuth bool) []byte {
	options := []struct {
		token byte
		value []byte
	}{
		{preVersion, []byte{16, 0, 0x03, 0xe8, 0, 0}},
		{preEncryption, []byte{encryption}},
		{preInstance, []byte{0}},
		{preThread, nil},
		{preMARS, []byte{0}},
	}
	if fedAuth {
		options = append(options, struct {
			token byte
			value []byte
		}{preFedAuth, []byte{1}})
	}
	offset := 5*len(options) + 1
	var head, data []byte
	for _, o := range options {
		head = append(head, o.token)
		head = binary.BigEndian.AppendUint16(head, uint16(offset+len(data)))
		head = binary.BigEndian.AppendUint16(head, uint16(len(o.value)))
		data = append(data, o.value...)
	}
	return append(append(head, preEnd), data...)
}
