package tdstest

import (
	"encoding/binary"
	"strconv"
	"unicode/utf16"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// Tokens, [MS-TDS] 2.2.7.
const (
	tokenReturnStatus  = 0x79
	tokenColMetadata   = 0x81
	tokenError         = 0xaa
	tokenInfo          = 0xab
	tokenLoginAck      = 0xad
	tokenFeatureExtAck = 0xae
	tokenRow           = 0xd1
	tokenNBCRow        = 0xd2
	tokenEnvChange     = 0xe3
	tokenFedAuthInfo   = 0xee
	tokenDone          = 0xfd
	tokenDoneProc      = 0xfe
	tokenDoneInProc    = 0xff
)

// Status bits of DONE.
const (
	doneMore        = 0x001
	doneError       = 0x002
	doneCount       = 0x010
	doneAttention   = 0x020
	doneServerError = 0x100
)

// Commands of DONE, as far as clients look at them.
const (
	commandNone   = 0
	commandSelect = 0xc1
	commandInsert = 0xc3
	commandDelete = 0xc4
	commandUpdate = 0xc5
)

// Types of ENVCHANGE.
const (
	envDatabase   = 1
	envLanguage   = 2
	envPacketSize = 4
	envCollation  = 7
	envBegin      = 8
	envCommit     = 9
	envRollback   = 10
	envReset      = 18
)

func (p *packetWriter) u16(v uint16) { p.buf = binary.LittleEndian.AppendUint16(p.buf, v) }

func (p *packetWriter) u32(v uint32) { p.buf = binary.LittleEndian.AppendUint32(p.buf, v) }

func (p *packetWriter) u64(v uint64) { p.buf = binary.LittleEndian.AppendUint64(p.buf, v) }

func (p *packetWriter) done(token byte, status, command uint16, rows int64) {
	p.buf = append(p.buf, token)
	p.u16(status)
	p.u16(command)
	p.u64(uint64(rows))
}

func (p *packetWriter) returnStatus(v int32) {
	p.buf = append(p.buf, tokenReturnStatus)
	p.u32(uint32(v))
}

// sized appends a token whose length in two bytes follows its name.
func (p *packetWriter) sized(token byte, fill func()) {
	p.buf = append(p.buf, token, 0, 0)
	at := len(p.buf)
	fill()
	binary.LittleEndian.PutUint16(p.buf[at-2:], uint16(len(p.buf)-at))
}

// maxText is the length of the longest message that ERROR and INFO carry, in UTF-16 units.
const maxText = 2047

// report appends an ERROR or INFO token.
func (p *packetWriter) report(token byte, server string, e *engine.Error) {
	text := utf16.Encode([]rune(e.Text))
	text = text[:min(len(text), maxText)]
	p.sized(token, func() {
		p.u32(uint32(e.Number))
		p.buf = append(p.buf, max(e.State, 1), e.Severity)
		p.u16(uint16(len(text)))
		for _, u := range text {
			p.u16(u)
		}
		p.buf = appendBVarchar(p.buf, server)
		p.buf = append(p.buf, 0) // no procedure
		p.u32(uint32(max(e.Line, 1)))
	})
}

// envText announces a change from one text to another.
func (p *packetWriter) envText(kind byte, now, before string) {
	p.sized(tokenEnvChange, func() {
		p.buf = append(p.buf, kind)
		p.buf = appendBVarchar(p.buf, now)
		p.buf = appendBVarchar(p.buf, before)
	})
}

// envBytes is envText for binary values.
func (p *packetWriter) envBytes(kind byte, now, before []byte) {
	p.sized(tokenEnvChange, func() {
		p.buf = append(p.buf, kind, byte(len(now)))
		p.buf = append(p.buf, now...)
		p.buf = append(p.buf, byte(len(before)))
		p.buf = append(p.buf, before...)
	})
}

func (p *packetWriter) envPacketSize(now, before int) {
	p.envText(envPacketSize, strconv.Itoa(now), strconv.Itoa(before))
}

// loginAck names the server. The version is the one the client asked for.
func (p *packetWriter) loginAck(version uint32) {
	p.sized(tokenLoginAck, func() {
		p.buf = append(p.buf, 1) // Transact-SQL
		p.buf = binary.BigEndian.AppendUint32(p.buf, version)
		p.buf = appendBVarchar(p.buf, "Microsoft SQL Server")
		p.buf = append(p.buf, 16, 0, 0x03, 0xe8)
	})
}

// fedAuthInfo tells the client where to get an access token, and for whom.
func (p *packetWriter) fedAuthInfo(stsURL, spn string) {
	const options = 4 + 2*9
	url, name := appendUTF16(nil, stsURL), appendUTF16(nil, spn)
	p.buf = append(p.buf, tokenFedAuthInfo)
	p.u32(uint32(options + len(url) + len(name)))
	p.u32(2)
	p.buf = append(p.buf, 1)
	p.u32(uint32(len(url)))
	p.u32(options)
	p.buf = append(p.buf, 2)
	p.u32(uint32(len(name)))
	p.u32(uint32(options + len(url)))
	p.buf = append(append(p.buf, url...), name...)
}

// fedAuthAck acknowledges the FEDAUTH feature.
func (p *packetWriter) fedAuthAck() {
	p.buf = append(p.buf, tokenFeatureExtAck, featureFedAuth)
	p.u32(0)
	p.buf = append(p.buf, featureEnd)
}
