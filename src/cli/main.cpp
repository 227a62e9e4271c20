#include "cli/app.h"

int main(int argc, char** argv) {
  return animalctl::cli::run_program(argc, argv);
}
