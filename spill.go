package atoll

import (
	"github.com/atoll-sql/atoll/connectors/duckdb"
	"github.com/atoll-sql/atoll/executor/spill"
)

// openSpill makes the place for what does not fit in memory, in the coordinator's region: the operators' files, which are encrypted where a
// residency policy is in force or the configuration says so, and the residual engine's. It removes what a crashed process left there.
func (e *Engine) openSpill() error {
	operators, engine := spillShares(e.cfg.Spill.Limit)
	var err error
	if e.spill, err = spill.Open(spill.Options{Dir: e.cfg.Spill.Dir, Limit: operators, Encrypt: e.sealed()}); err != nil {
		return wrapError(err)
	}
	e.residual, err = duckdb.NewResidual(duckdb.ResidualOptions{MemoryLimit: e.memory.residual, SpillDir: e.residualSpill, SpillLimit: engine})
	return err
}

// spillShares divide spill.limit between the operators and the residual engine, which cannot share it: each counts by itself.
func spillShares(limit int64) (operators, engine int64) {
	if limit == 0 {
		return 0, 0
	}
	return limit - limit/2, max(limit/2, 1)
}

// sealed reports that what goes to disk must not be there in the clear.
func (e *Engine) sealed() bool { return e.cfg.Spill.Encrypt || e.cfg.Residency != "" }

// residualSpill is the folder in which the residual engine may put what does not fit in memory; "" if there is none for it. It cannot encrypt.
// Where nothing was configured and the system's folder cannot be used it does without, for most queries need none.
func (e *Engine) residualSpill() (string, error) {
	if e.sealed() {
		return "", nil
	}
	dir, err := e.spill.Folder()
	if err != nil && e.cfg.Spill.Dir == "" {
		return "", nil
	}
	return dir, err
}

// closeSpill closes the residual engine, and then removes what it and the operators have on disk.
func (e *Engine) closeSpill() (errs []error) {
	if e.residual != nil {
		errs = append(errs, e.residual.Close())
	}
	if e.spill != nil {
		errs = append(errs, e.spill.Close())
	}
	return errs
}
