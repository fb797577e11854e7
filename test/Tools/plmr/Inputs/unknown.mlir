func.func @main() {
  bogus
}
