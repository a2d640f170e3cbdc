// One .pte with its input, in ExecuTorch's runtime.
#pragma once

#include <executorch/devtools/etdump/etdump_flatcc.h>
#include <executorch/extension/module/module.h>
#include <executorch/extension/tensor/tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "arguments.h"

class Model {
 public:
  // Opens the file, prepares the method and its delegates, and checks that the input fits. `trace`: records an ETDump
  // of each run. Throws Refusal.
  Model(const Subject& subject, bool trace);

  double load_ms() const { return load_ms_; }  // from opening the file until it is ready to run, without the input

  // One inference on the input. Returns the time of the runtime's call alone, in ms. Throws Refusal.
  double run();

  // The two halves of `run`. The runtime may overwrite the input while it computes, so it is set before each run.
  void set_input();
  void execute();

  // Writes the last run's outputs to `folder`/`index`.<output>.bin. Throws Refusal.
  void write_outputs(const std::string& folder, size_t index) const;

  // Writes the trace of all runs, in ETDump's format. Throws Refusal.
  void write_trace(const std::string& path);

 private:
  void check_signature();
  void read_input(const std::string& path);

  std::string path_;
  executorch::etdump::ETDumpGen* trace_ = nullptr;  // owned by the module
  std::unique_ptr<executorch::extension::Module> module_;
  double load_ms_ = 0;
  std::vector<executorch::aten::SizesType> sizes_;
  std::vector<float> pixels_;
  executorch::extension::TensorPtr tensor_;
  std::vector<executorch::runtime::EValue> outputs_;
};
