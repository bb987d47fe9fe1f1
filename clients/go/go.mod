module github.com/hotswap-dev/hotswap/clients/go

go 1.26.0
