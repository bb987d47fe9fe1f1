module kept

go 1.26
