# Each recipe is what also runs by hand.

default: transient

build:
    CGO_ENABLED=0 go build ./...

test:
    go test ./...

test-short:
    go test -short ./...

race:
    go test -race -short ./...

lint:
    test -z "$(gofmt -l .)"
    go vet ./...
    go tool staticcheck ./...

fmt:
    gofmt -w .

bench:
    @go test -run - -bench . -benchtime 0.3s ./ops/... ./model/... | grep -E '^(cpu|pkg|Benchmark)'

cover:
    go test -coverprofile /tmp/spnode.cover ./... && go tool cover -func /tmp/spnode.cover | tail -1

# the paper's example 5.1, about a minute
transient *FLAGS:
    go run ./experiments/transient {{FLAGS}}

# the paper's example 5.2, some minutes
robertson *FLAGS:
    go run ./experiments/robertson {{FLAGS}}

# the paper's example 5.3, some minutes
ks *FLAGS:
    go run ./experiments/ks {{FLAGS}}

# a model of your own trajectories: just fit -data mine.csv
fit *FLAGS:
    go run ./experiments/fit {{FLAGS}}

# fit on problems of the field, and its table
suite *FLAGS:
    go run ./experiments/suite {{FLAGS}}

# the figures of the README, anew from the committed checkpoints
figures OUT="/tmp/spnode-figures":
    go run ./experiments/transient -evaluate checkpoints/transient/reference -out {{OUT}}/transient
    go run ./experiments/robertson -evaluate checkpoints/robertson/reference -out {{OUT}}/robertson
    go run ./experiments/robertson -evaluate checkpoints/robertson/reference-anywhere -out {{OUT}}/robertson-anywhere
    go run ./experiments/ks -evaluate checkpoints/ks/reference-20 -out {{OUT}}/ks20
    go run ./experiments/ks -evaluate checkpoints/ks/reference-7 -out {{OUT}}/ks7
    go run ./experiments/ks -evaluate checkpoints/ks/reference -out {{OUT}}/ks

# the READMEs' tables against what their commands make today, most of an hour;
# -only evaluate, transient, robertson, ks, suite or fit takes some minutes
readme *FLAGS:
    go run ./experiments/readme {{FLAGS}}

# kills, faults and rival writers, for an hour or -for so long
torture *FLAGS:
    go run ./experiments/torture -for 1h {{FLAGS}}

# the notebooks in JupyterLab; the first time builds the kernel, some minutes
notebook *FLAGS:
    experiments/notebook/run lab {{FLAGS}}

# the notebooks' cells without Jupyter, and in it
notebook-test:
    experiments/notebook/run test
    experiments/notebook/run execute
    experiments/notebook/run numpy
