# SignalBroker: `make help` lists the targets.

NODES = 2
WEBAPPS = 1
TURN = 1
CONFIGURATION = Release

JS = src/signalbroker-js
JS_PACKAGES = $(JS)/node_modules/.package-lock.json
PEERS = $(patsubst %/package.json,%/node_modules/.package-lock.json,$(wildcard bench/peers/*/package.json))
DOCS_PACKAGES = docs/node_modules/.package-lock.json
PAGE = src/SignalBroker/wwwroot/app
CLIENT = $(JS)/dist
PAGE_BUILT = $(JS)/node_modules/.page-built
PAGE_SOURCES = $(wildcard $(JS)/*.js) $(wildcard $(JS)/tsconfig*.json) $(shell find $(JS)/demo $(JS)/src -type f 2>/dev/null)
SOURCES = $(wildcard src tests migrations bench)
LOCAL_CLUSTER = src/SignalBroker.LocalCluster
SHOWCASE = src/SignalBroker.Showcase
# TURN=0 leaves coturn out.
WITH_TURN = $(filter-out 0,$(TURN))
# Other RabbitMQs than the installed one lie in folders of the user's cache. NODES="3.10 4.3" names a version for each node.
INSTALLED = 3.10
NEWEST = 4.3
VERSIONS = $(if $(findstring .,$(NODES)),$(NODES),$(RABBITMQ))
FOLDER_OF = $(if $(filter $(INSTALLED),$(1)),/usr/lib/rabbitmq,$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/signalbroker/rabbitmq-$(1))
ifneq ($(VERSIONS),)
empty =
export RABBITMQ_FOLDER = $(subst $(empty) $(empty),:,$(foreach version,$(VERSIONS),$(call FOLDER_OF,$(version))))
endif
# No build servers: they would stay behind.
BUILD = dotnet msbuild -restore -p:Configuration=$(CONFIGURATION) -p:UseSharedCompilation=false \
	-nodeReuse:false -maxCpuCount -nologo -verbosity:quiet

export DOTNET_NOLOGO = 1
export DOTNET_CLI_TELEMETRY_OPTOUT = 1
export DOTNET_GENERATE_ASPNET_CERTIFICATE = false
export DOTNET_SKIP_WORKLOAD_INTEGRITY_CHECK = 1
MAKEFLAGS += --no-print-directory

.PHONY: help run test measure build docs docs-reference bench storm rollout tsung push-key vagrant images compose release format check-format migrate clean rabbitmq packages test-packages bench-packages tsung-packages \
	turn-packages edge-packages rollout-packages page

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile | expand -t 22

run: packages $(if $(WITH_TURN),turn-packages) $(if $(EDGE),edge-packages) page ## start SignalBroker here [NODES=2 or NODES="3.10 4.3", WEBAPPS=1 TURN=1 PORT=any RABBITMQ=4.3 EDGE=haproxy or nginx ARGS="--set Key=Value"]
	@echo "Building ..."
	@$(BUILD) $(LOCAL_CLUSTER)
	@exec dotnet $(LOCAL_CLUSTER)/bin/$(CONFIGURATION)/net10.0/SignalBroker.LocalCluster.dll \
		--nodes $(if $(findstring .,$(NODES)),$(words $(NODES)),$(NODES)) --webapps $(WEBAPPS) $(if $(WITH_TURN),--turn) $(if $(PORT),--port $(PORT)) $(if $(EDGE),--edge $(EDGE)) $(ARGS)

test: test-packages build ## run every test [FILTER=part of a test's name, QUICK=1, RABBITMQ=4.3]
	@CONFIGURATION=$(CONFIGURATION) FILTER='$(FILTER)' QUICK='$(QUICK)' scripts/test

measure: test-packages build ## print what docs/ says of one thing [OF=Inbox, Rooms, Presence or Threats, RABBITMQ=4.3]
	@dotnet tests/SignalBroker.Tests/bin/$(CONFIGURATION)/net10.0/SignalBroker.Tests.dll \
		-explicit only -namespace "SignalBroker.Tests.$(OF)" -showLiveOutput

build: packages page ## build everything
	@echo "Building ..."
	@$(BUILD) SignalBroker.sln

docs: $(DOCS_PACKAGES) ## build the documentation's site, in artifacts/docs
	@npm --prefix docs run --silent build

docs-reference: test-packages build ## write anew what docs/reference has from the code: settings, openapi.json
	@REWRITE_DOCS=1 dotnet tests/SignalBroker.Tests/bin/$(CONFIGURATION)/net10.0/SignalBroker.Tests.dll -noLogo -noColor \
		-class SignalBroker.Tests.Hosting.SettingsPageTests -class SignalBroker.Tests.Http.OpenApiTests

bench: export NEWEST_RABBITMQ = $(if $(QUICK),,$(NEWEST) $(call FOLDER_OF,$(NEWEST)))
bench: $(if $(QUICK),packages,bench-packages $(PEERS)) page ## measure SignalBroker beside others [ONLY=exchange,connects,... QUICK=1]
	@$(if $(QUICK),,scripts/make-rabbitmq $(NEWEST_RABBITMQ))
	@echo "Building ..."
	@$(BUILD) bench/SignalBroker.Bench
	@exec dotnet bench/SignalBroker.Bench/bin/$(CONFIGURATION)/net10.0/SignalBroker.Bench.dll \
		$(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY))

storm: packages page ## load a local cluster for five minutes, and write a report [ARGS="--scale 0.1"]
	@echo "Building ..."
	@$(BUILD) $(SHOWCASE)
	@exec dotnet $(SHOWCASE)/bin/$(CONFIGURATION)/net10.0/SignalBroker.Showcase.dll $(ARGS)

rollout: rollout-packages page ## change every server while people listen, and write a report [ARGS="--listeners 1000"]
	@scripts/make-rabbitmq $(NEWEST) $(call FOLDER_OF,$(NEWEST))
	@echo "Building ..."
	@$(BUILD) $(SHOWCASE)
	@exec dotnet $(SHOWCASE)/bin/$(CONFIGURATION)/net10.0/SignalBroker.Showcase.dll rollout \
		--from $(call FOLDER_OF,$(INSTALLED)) --to $(call FOLDER_OF,$(NEWEST)) $(ARGS)

tsung: packages tsung-packages page ## load SignalBroker with Debian's tsung [URL=elsewhere PAIRS=100 RATE=10]
	@$(if $(URL),,echo "Building ..."; $(BUILD) $(LOCAL_CLUSTER))
	@URL='$(URL)' PAIRS='$(PAIRS)' RATE='$(RATE)' \
		bench/tsung/run $(LOCAL_CLUSTER)/bin/$(CONFIGURATION)/net10.0/SignalBroker.LocalCluster.dll

push-key: packages ## make a key for Web Push, as settings
	@$(BUILD) src/SignalBroker
	@exec dotnet src/SignalBroker/bin/$(CONFIGURATION)/net10.0/SignalBroker.dll make-push-key

vagrant: packages page ## build what the demo VM runs, and bring it up
	@scripts/publish artifacts/machine
	@cd vagrant && vagrant up --provision

images: packages page ## build the images signalbroker and signalbroker-node [BASE=, NODE_BASE=]
	@scripts/publish artifacts/machine
	@docker build --tag signalbroker $(if $(BASE),--build-arg BASE=$(BASE)) --file deploy/container/Dockerfile artifacts/machine
	@docker build --tag signalbroker-node $(if $(NODE_BASE),--build-arg BASE=$(NODE_BASE)) \
		--file deploy/container/node.Dockerfile artifacts/machine

compose: images ## start everything in containers on this machine
	@deploy/compose/up

release: packages page ## make packages, archives and images of a version, and try them: make release VERSION=1.2.3
	@$(if $(VERSION),,$(error Please name the version: make release VERSION=1.2.3))
	@scripts/release $(VERSION)

format: ## format all C#
	@dotnet tool restore > /dev/null
	@dotnet csharpier format $(SOURCES)

check-format: ## fail if any C# is not formatted
	@dotnet tool restore > /dev/null
	@dotnet csharpier check $(SOURCES)

# The connection string holds a password: it stays off every command line that this file runs.
migrate: export ConnectionStrings__Database = $(DATABASE)
migrate: ## bring a database to the newest schema: make migrate DATABASE="Host=...;Database=..."
	@$(if $(DATABASE),,$(error Please name the database: make migrate DATABASE="Host=...;Database=...;Username=...;Password=..."))
	@dotnet run --project migrations --configuration $(CONFIGURATION) --verbosity quiet

clean: ## remove what was built, and the logs
	@rm -rf artifacts .local docs/node_modules $(JS)/node_modules $(CLIENT) $(PAGE) migrations/bin migrations/obj \
		src/*/bin src/*/obj tests/*/bin tests/*/obj bench/*/bin bench/*/obj \
		bench/peers/*/bin bench/peers/*/obj bench/peers/*/node_modules

rabbitmq:
	@$(foreach version,$(filter-out $(INSTALLED),$(VERSIONS)),scripts/make-rabbitmq $(version) $(call FOLDER_OF,$(version)) &&) true

packages: rabbitmq
	@scripts/install-packages

test-packages: rabbitmq
	@scripts/install-packages test

turn-packages:
	@scripts/install-packages turn

edge-packages:
	@scripts/install-packages edge

tsung-packages:
	@scripts/install-packages tsung

rollout-packages:
	@scripts/install-packages rollout

bench-packages:
	@scripts/install-packages bench

page: $(PAGE_BUILT)

$(PAGE_BUILT): $(JS_PACKAGES) $(PAGE_SOURCES) $(if $(and $(wildcard $(PAGE)),$(wildcard $(CLIENT))),,missing-page)
	@npm --prefix $(JS) run --silent build
	@touch $@

# Not `npm ci`: it refuses a lock file made where other platforms' optional packages were not on offer.
%/node_modules/.package-lock.json: %/package.json %/package-lock.json
	@npm --prefix $* install --no-save --loglevel error --progress=false --no-audit --no-fund
	@touch $@

.PHONY: missing-page
missing-page:

# npm must not run before it is installed.
$(JS_PACKAGES) $(DOCS_PACKAGES): | packages
$(PEERS): | bench-packages
