package audit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Verify reads a whole log and reports what is not as it was written. It needs no lock and no key; with public keys it also checks signatures, with anchors that
// the log still holds what it held when they were made. An error means that the log could not be read, not that it is bad.
func Verify(dir string, o VerifyOptions) (*Report, error) {
	id, err := readIdentity(dir)
	if err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	r := &Report{Log: id.Log}
	regions := slices.Clone(id.Regions)
	for _, a := range o.Anchors {
		if a.Log != id.Log {
			r.find(Finding{Kind: KindAnchor, Region: a.Region, File: identityFile, Text: fmt.Sprintf("the anchor is of log %s, this is log %s", a.Log, id.Log)})
		}
	}
	folders, err := strayFolders(dir, regions)
	if err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	for _, f := range folders {
		r.note(Finding{Kind: KindForeign, File: f, Text: "a folder with entries of a region that the log does not list; it was not checked, unless an anchor names it"})
	}
	for _, a := range o.Anchors {
		if a.Log == id.Log && !slices.Contains(regions, a.Region) {
			regions = append(regions, a.Region)
		}
	}
	slices.Sort(regions)
	for _, region := range regions {
		v := &verifier{report: r, opts: o, log: id.Log, queries: map[string]*queryState{}, policies: map[string]int64{}}
		v.region.Region = region
		if err := v.verify(filepath.Join(dir, regionFolder(region)), slices.Contains(id.Regions, region)); err != nil {
			return nil, fmt.Errorf("audit log of region %s: %w", region, err)
		}
		r.Regions = append(r.Regions, v.region)
	}
	return r, nil
}

// strayFolders lists folders with entries that belong to no listed region: copied there, or a first entry that a crash kept from being listed.
func strayFolders(dir string, regions []string) ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*"+entrySuffix))
	if err != nil {
		return nil, err
	}
	var stray []string
	for _, p := range paths {
		folder := filepath.Base(filepath.Dir(p))
		if !slices.ContainsFunc(regions, func(r string) bool { return regionFolder(r) == folder }) && !slices.Contains(stray, folder) {
			stray = append(stray, folder)
		}
	}
	return stray, nil
}

// verifier walks one region's log.
type verifier struct {
	report *Report
	opts   VerifyOptions
	log    string
	region RegionReport

	tip      tip    // of the latest entry, as the chain should go on from it
	lost     bool   // an unreadable line hides what the next one follows
	highest  uint64 // sequence seen
	archived bool   // the oldest entries are not here
	running  bool   // the run of the writer has not ended
	signed   bool   // a good signature was seen
	vouched  bool   // what comes before the first entry here is vouched for
	head     *Checkpoint
	anchors  []Checkpoint // not met yet
	queries  map[string]*queryState
	begun    bool             // the run's first entry is here
	policies map[string]int64 // versions of the policies that were put in force in this run, by hash
	file     string
	line     int
}

func (v *verifier) find(kind, format string, args ...any) {
	v.report.find(Finding{Kind: kind, Region: v.region.Region, File: v.file, Line: v.line, Text: fmt.Sprintf(format, args...)})
}

func (v *verifier) note(kind, format string, args ...any) {
	v.report.note(Finding{Kind: kind, Region: v.region.Region, File: v.file, Line: v.line, Text: fmt.Sprintf(format, args...)})
}

// at speaks of a file as a whole from here on.
func (v *verifier) at(file string) { v.file, v.line = file, 0 }

func (v *verifier) verify(dir string, listed bool) error {
	folder := filepath.Base(dir)
	v.at(folder)
	for _, a := range v.opts.Anchors {
		if a.Log == v.log && a.Region == v.region.Region {
			v.anchors = append(v.anchors, a)
			v.anchorSignature(a)
		}
	}
	files, first, err := entryFiles(dir)
	if err != nil {
		return err
	}
	if v.head, err = readHead(dir); err != nil {
		v.at(filepath.Join(folder, headFile))
		v.find(KindCheckpoint, "cannot be read")
	}
	v.tip = genesis(v.log, v.region.Region)
	v.meet(0, v.tip.hash)
	for i, name := range files {
		v.at(filepath.Join(folder, name))
		if err := v.entries(filepath.Join(dir, name), first[i], i == 0, i == len(files)-1); err != nil {
			return err
		}
	}
	v.region.Files = len(files)
	v.end(folder, listed)
	return v.waiting(dir, folder)
}

// entries verifies a file.
func (v *verifier) entries(path string, first uint64, oldest, latest bool) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	v.region.Bytes += info.Size()
	empty := true
	err = eachLine(path, func(n int, line []byte, whole bool) error {
		v.line = n
		if !whole && latest {
			v.note(KindTorn, "the latest line has no end: it is being written, or a crash or somebody cut it; the next run of the writer moves it aside")
			return nil
		}
		if empty {
			v.begin(line, first, oldest)
			empty = false
		}
		v.entry(line, n == 1, whole)
		return nil
	})
	var long *longLineError
	if errors.As(err, &long) {
		v.line = long.line
		v.find(KindUnreadable, "a line is longer than any entry; what follows it in this file was not checked")
		v.lost, err = true, nil
	}
	if err == nil && empty && !latest {
		v.line = 0
		v.find(KindMissing, "the file holds no entries")
	}
	return err
}

// begin looks at the first line of a file: does it hold the entry that the file is named for, and may the log begin there?
func (v *verifier) begin(line []byte, first uint64, oldest bool) {
	l, err := readLink(line)
	if err != nil {
		return // entry says so
	}
	if l.sequence != first {
		v.find(KindOrder, "the file begins with entry %d, and is named for entry %d", l.sequence, first)
	}
	if !oldest || l.sequence <= 1 {
		return
	}
	v.archived = true
	if !v.opts.Archived {
		v.find(KindMissing, "the log begins with entry %d: the files with the %d entries before it are not here; say so if they were archived", l.sequence, l.sequence-1)
	}
	v.tip = tip{sequence: l.sequence - 1, hash: l.prev}
	v.vouched = v.meet(v.tip.sequence, v.tip.hash)
}

// entry verifies one line. After a fault it goes on from what the line says, so that one fault is found once.
func (v *verifier) entry(line []byte, firstOfFile, whole bool) {
	l, err := readLink(line)
	if err != nil || !whole {
		if err == nil {
			err = errors.New("no end of line")
		}
		v.find(KindUnreadable, "%s", err)
		v.lost = true
		return
	}
	v.place(l)
	e, err := decode(line)
	v.tip, v.lost = tip{sequence: l.sequence, hash: l.hash}, false
	v.highest = max(v.highest, l.sequence)
	if v.region.Entries++; v.region.Entries == 1 {
		v.region.First = l.sequence
	}
	v.region.Last = l.sequence
	v.meet(l.sequence, l.hash)
	if err != nil {
		v.find(KindUnreadable, "entry %d: %s", l.sequence, err)
		return
	}
	v.content(e, firstOfFile, l)
}

// place checks that an entry is unaltered and follows the one before it.
func (v *verifier) place(l link) {
	if !l.sound {
		v.find(KindEdited, "entry %d does not have the hash of its bytes", l.sequence)
	}
	switch next := v.tip.sequence + 1; {
	case l.sequence > next:
		v.find(KindMissing, "entry %d follows entry %d: %d are missing", l.sequence, v.tip.sequence, l.sequence-next)
	case l.sequence < next:
		v.find(KindOrder, "entry %d follows entry %d: it is repeated or moved", l.sequence, v.tip.sequence)
	case l.prev != v.tip.hash && !v.lost:
		v.find(KindChain, "entry %d does not follow what is entry %d here: that was changed, or this is from elsewhere", l.sequence, v.tip.sequence)
	}
}

// content looks at what an entry says.
func (v *verifier) content(e *Event, firstOfFile bool, l link) {
	if e.Region != v.region.Region {
		v.find(KindForeign, "entry %d is of the log of region %q", e.Sequence, e.Region)
	}
	if v.region.Begin.IsZero() {
		v.region.Begin = e.Time
	}
	if e.Time.Before(v.region.End) {
		v.note(KindClock, "entry %d is %s older than one before it: the clock was set back", e.Sequence, v.region.End.Sub(e.Time).Round(time.Microsecond))
	} else {
		v.region.End = e.Time
	}
	switch e.Type {
	case TypeCheckpoint:
		v.checkpoint(e, l)
	case TypeRecovered:
		if e.Recovered != nil {
			v.note(KindRecovered, "an incomplete line of %d bytes was moved to %q (SHA-256 %s): the writer ended while it wrote", e.Recovered.Bytes, e.Recovered.File, e.Recovered.SHA256)
		}
	case TypePolicyChange:
		if e.PolicyHash != "" {
			v.policies[e.PolicyHash] = e.PolicyVersion
		}
	default:
		v.query(e)
	}
	if firstOfFile && e.Type != TypeCheckpoint {
		v.find(KindCheckpoint, "the file does not begin with a checkpoint")
	}
}
