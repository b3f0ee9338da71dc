package audit

import (
	"errors"
	"path/filepath"
)

// checkpoint checks what a checkpoint says of the entries before it.
func (v *verifier) checkpoint(e *Event, l link) {
	c := e.Checkpoint
	if c == nil {
		v.find(KindCheckpoint, "entry %d holds no checkpoint", e.Sequence)
		return
	}
	v.region.Checkpoints++
	if c.Log != v.log || c.Region != v.region.Region {
		v.find(KindForeign, "entry %d is a checkpoint of log %q, region %q", e.Sequence, c.Log, c.Region)
	}
	if c.Sequence != e.Sequence-1 || c.Head != l.prev {
		v.find(KindCheckpoint, "entry %d is a checkpoint of another entry than the one before it", e.Sequence)
	}
	v.signature(e)
	if c.Reason == CheckpointOpen && v.running {
		v.note(KindRun, "a run of the writer ended without its last checkpoint, before entry %d: it crashed or was killed", e.Sequence)
		v.crashed()
	}
	if c.Reason == CheckpointOpen {
		v.begun, v.policies = true, map[string]int64{}
	}
	v.running = c.Reason != CheckpointClose
	if !v.running {
		v.crashed()
	}
}

// signature checks a checkpoint's signature, if there are keys. Once there was a good one, none may lack it: whoever rewrites the end of a log
// has no key.
func (v *verifier) signature(e *Event) {
	if len(v.opts.PublicKeys) == 0 {
		return
	}
	switch err := e.Checkpoint.Check(v.opts.PublicKeys...); {
	case err == nil:
		v.signed = true
		v.region.Signed = e.Sequence
		if v.region.Entries == 1 {
			v.vouched = true
		}
	case !errors.Is(err, ErrUnsigned):
		v.find(KindSignature, "entry %d: %s", e.Sequence, err)
	case v.signed:
		v.find(KindSignature, "entry %d: the checkpoint is not signed, though earlier ones are", e.Sequence)
	}
}

func (v *verifier) anchorSignature(a Checkpoint) {
	if len(v.opts.PublicKeys) == 0 {
		return
	}
	if err := a.Check(v.opts.PublicKeys...); err != nil && !errors.Is(err, ErrUnsigned) {
		v.find(KindSignature, "the anchor of entry %d: %s", a.Sequence, err)
	}
}

// meet holds an entry against the anchors of its sequence, and tells whether there was one that agrees.
func (v *verifier) meet(sequence uint64, hash string) bool {
	agrees := false
	rest := v.anchors[:0]
	for _, a := range v.anchors {
		switch {
		case a.Sequence != sequence:
			rest = append(rest, a)
		case a.Head == hash:
			agrees = true
		default:
			v.find(KindAnchor, "entry %d is not what it was when the anchor was made: this entry or one before it was changed", sequence)
		}
	}
	v.anchors = rest
	if v.head != nil && v.head.Sequence == sequence {
		if v.head.Head != hash {
			v.find(KindCheckpoint, "entry %d is not what %s says: the log and that file are of different times", sequence, headFile)
		}
	}
	return agrees
}

// end looks at what should have come, when everything was read.
func (v *verifier) end(folder string, listed bool) {
	v.at(folder)
	v.region.Head = Checkpoint{Log: v.log, Region: v.region.Region, Sequence: v.tip.sequence, Head: v.tip.hash, Time: v.region.End, Reason: CheckpointHead}
	if listed && v.region.Entries == 0 {
		v.find(KindCut, "the log had entries, and has none")
	}
	for _, a := range v.anchors {
		if a.Sequence > v.highest {
			v.find(KindCut, "the log ends with entry %d, and had entry %d when an anchor was made", v.highest, a.Sequence)
		} else if v.region.First > 0 && a.Sequence < v.region.First {
			v.note(KindArchived, "the anchor of entry %d is older than the log's first entry here, %d", a.Sequence, v.region.First)
		} else {
			v.find(KindAnchor, "the log has no entry %d, and had it when an anchor was made", a.Sequence)
		}
	}
	v.endHead(folder, listed)
	v.endSigned()
	if v.archived && v.opts.Archived {
		if v.vouched {
			v.note(KindArchived, "%d entries before entry %d are not here; a signature or an anchor vouches for them", v.region.First-1, v.region.First)
		} else {
			v.find(KindMissing, "%d entries before entry %d are not here, and neither a signature nor an anchor vouches for them", v.region.First-1, v.region.First)
		}
	}
	if v.running && v.region.Entries > 0 {
		v.note(KindRun, "the log does not end with a last checkpoint: it is being written, the writer crashed, or entries after entry %d were cut off; an anchor tells", v.tip.sequence)
	}
	v.crashed()
}

// endHead holds the log's end against the checkpoint that is kept beside it.
func (v *verifier) endHead(folder string, listed bool) {
	v.at(filepath.Join(folder, headFile))
	switch {
	case v.head == nil && listed:
		v.find(KindCut, "the file is missing: a log that has entries has it")
	case v.head == nil:
	case v.head.Log != v.log || v.head.Region != v.region.Region:
		v.find(KindForeign, "the checkpoint is of log %q, region %q", v.head.Log, v.head.Region)
	case v.head.Sequence >= v.highest:
		v.find(KindCut, "the log ends with entry %d, and its latest checkpoint was entry %d", v.highest, v.head.Sequence+1)
	}
	if v.head != nil && len(v.opts.PublicKeys) > 0 {
		if err := v.head.Check(v.opts.PublicKeys...); err != nil && (v.signed || !errors.Is(err, ErrUnsigned)) {
			v.find(KindSignature, "%s", err)
		}
	}
	v.at(folder)
}

// endSigned tells how far signatures reach.
func (v *verifier) endSigned() {
	switch {
	case len(v.opts.PublicKeys) == 0 || v.region.Entries == 0:
	case !v.signed:
		v.find(KindSignature, "no checkpoint is signed with a key that was given")
	case v.region.Signed < v.tip.sequence:
		v.note(KindUnsigned, "the %d entries after entry %d are covered by no signature yet", v.tip.sequence-v.region.Signed, v.region.Signed)
	}
}

// waiting lists reads that were put beside the log and not recorded yet.
func (v *verifier) waiting(dir, folder string) error {
	names, err := waitingReads(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		v.at(filepath.Join(folder, readsFolder, filepath.Base(name)))
		v.note(KindRead, "a read of the log waits for the writer to record it")
	}
	return nil
}
