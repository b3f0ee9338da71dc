package config

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

func TestResidencyAndAudit(t *testing.T) {
	beside := Audit{Dir: filepath.Join("conf", "audit"), Sync: "group", CheckpointEvery: 1000}
	for _, c := range []struct {
		keys, file string
		want       Audit
	}{
		{"", "", Audit{}},
		{"residency: r.yaml", filepath.Join("conf", "r.yaml"), beside},
		{"residency: /etc/r.yaml\naudit: {dir: /var/log/atoll, sync: each}", "/etc/r.yaml",
			Audit{Dir: "/var/log/atoll", Sync: "each", CheckpointEvery: 1000}},
		{"audit: {}", "", beside},
		{"audit: {dir: logs, sync: none, checkpoint_every: 7}", "", Audit{Dir: filepath.Join("conf", "logs"), Sync: "none", CheckpointEvery: 7}},
	} {
		got, err := parse(base + c.keys + "\n")
		if err != nil {
			t.Errorf("%q: %v", c.keys, err)
			continue
		}
		if got.Residency != c.file || fmt.Sprint(got.Audit) != fmt.Sprint(c.want) {
			t.Errorf("%q: %q %+v", c.keys, got.Residency, got.Audit)
		}
	}
}

func TestAuditKeyIsNotPrinted(t *testing.T) {
	c, err := parse(base + "audit: {key: '${SEED}'}\n")
	if err != nil {
		t.Fatal(err)
	}
	want, err := hex.DecodeString(seed)
	if err != nil || !bytes.Equal(c.Audit.Key, want) {
		t.Fatalf("the key is not the variable's: %v", err)
	}
	var out bytes.Buffer
	for _, v := range []any{c, *c, c.Audit, &c.Audit, c.Audit.Key} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	text, err := json.Marshal(c.Audit)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	for _, form := range []string{seed, "15 15 15", "0xf, 0xf", "Dw8P", string(want)} {
		if strings.Contains(out.String(), form) {
			t.Errorf("the key is printed as %s:\n%s", form, out.String())
		}
	}
}
