# SPDX-License-Identifier: EUPL-1.2
#
#   make run      construit tout et ouvre la démonstration sur http://localhost:8080
#   make test     tous les essais : Go (SQLite et PostgreSQL), puis un vrai navigateur
#   make check    mise en forme, analyses, fichiers engendrés à jour
#   make golden   réécrit les fichiers de référence des essais ; relisez la différence
#   make outils   installe ce que les essais demandent (Debian, droits d'administration)

ADDR ?= localhost:8080
TOOL := go tool -modfile=tools/islands/go.mod
NPM := npm --no-update-notifier

# Règles de gosec que l'on ne suit pas : G104, les écritures en mémoire ne peuvent pas échouer et staticcheck voit les autres ;
# G115, les conversions d'entiers sont bornées et éprouvées ; G304, ouvrir le fichier que l'on nous nomme est le but.
GOSEC_TAIRE := G104,G115,G304

.PHONY: build run test test-go e2e check golden outils browser clean

build: browser
	go build -trimpath -o maillage ./cmd/maillage

run: build
	./maillage demo --addr $(ADDR)

# Sans Node les pages restent entières, mais sans police ni scripts : on le dit et on continue.
browser:
	@if ! command -v npm >/dev/null 2>&1; then \
	  echo "npm est absent : les pages seront servies sans scripts ni police (apt-get install nodejs npm)."; \
	else $(MAKE) --no-print-directory build/islands.stamp || \
	  echo "Scripts et police n'ont pas pu être construits (voir ci-dessus) : les pages seront servies sans eux."; fi

build/npm.stamp: package.json package-lock.json .npmrc
	@mkdir -p build
	$(NPM) ci --ignore-scripts --no-progress --loglevel=error
	@touch $@

build/islands.stamp: build/npm.stamp $(wildcard web/islands/* web/islands/*/* tools/islands/*)
	go run -C tools/islands . ../..
	@touch $@

test: test-go e2e

test-go:
	go vet ./...
	scripts/tester.sh go test -race ./...

e2e: build
	node --test --test-concurrency=1 e2e/*.test.mjs

check: build/npm.stamp
	@echo "— mise en forme"
	@fichiers=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$fichiers" || { echo "à passer dans gofmt :"; echo "$$fichiers"; exit 1; }
	@echo "— en-têtes de licence"
	@fichiers=$$(git ls-files '*.go' '*.css' '*.mjs' 'web/islands/*' '*.sh' | xargs grep -L 'SPDX-License-Identifier: EUPL-1.2'); \
	 test -z "$$fichiers" || { echo "sans en-tête SPDX :"; echo "$$fichiers"; exit 1; }
	@echo "— modules"
	go mod tidy -diff
	cd tools/islands && go mod tidy -diff
	cd tools/essais && go mod tidy -diff
	@! grep -q '"resolved"' package-lock.json || { echo "package-lock.json nomme un registre : npm install avec le .npmrc du dépôt"; exit 1; }
	@echo "— analyses"
	go vet ./...
	$(TOOL) staticcheck ./...
	$(TOOL) gosec -quiet -exclude=$(GOSEC_TAIRE) -exclude-dir=node_modules -exclude-dir=tools -exclude-dir=dbtest ./...
	$(NPM) run --silent lint

# Seuls les paquets qui connaissent l'option -update ont des fichiers de référence.
golden:
	go test $$(git grep -l '"update"' -- '*_test.go' | xargs -n1 dirname | sort -u | sed 's#^#./#') -update

outils:
	scripts/installer-outils-de-test.sh

clean:
	rm -rf build maillage
	find web/dist -mindepth 1 ! -name .keep -delete
