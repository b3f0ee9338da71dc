# Targets explain themselves: `make help`.

GO ?= go
FUZZTIME ?= 10s
BENCHTIME ?= 1s

.DEFAULT_GOAL := help
.PHONY: help build demo setup test lint bench fuzz readme check-tsql clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build the command as bin/atoll
	@scripts/setup.sh build
	$(GO) build -o bin/atoll ./cmd/atoll

demo: build ## Build, then answer a global report over sample shards in three regions
	bin/atoll demo

setup: ## Install what the tests need and is missing (PostgreSQL server programs, a C++ compiler)
	@scripts/setup.sh

test: setup ## Run every test; the packages with goroutines under the race detector
	@scripts/test.sh

lint: ## Check formatting, vet, staticcheck, errcheck, ineffassign and go.mod
	@scripts/lint.sh

bench: setup ## Run the benchmarks (BENCHTIME=1s)
	$(GO) test -run '^$$' -bench . -benchtime $(BENCHTIME) -benchmem ./...

fuzz: ## Run each fuzz target for a while (FUZZTIME=10s)
	@scripts/fuzz.sh $(FUZZTIME)

readme: ## Run the README's commands in a fresh clone of HEAD
	@scripts/check-readme.sh

check-tsql: ## Parse the goldens' T-SQL with sqlfluff, a checker that is not ours (needs Python)
	@scripts/check-tsql.sh

clean: ## Remove what was built
	rm -rf bin
