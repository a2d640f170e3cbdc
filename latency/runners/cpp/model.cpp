#include "model.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "log.h"
#include "process.h"
#include "refusal.h"

using executorch::etdump::ETDumpGen;
using executorch::extension::Module;
using executorch::runtime::Error;
using executorch::runtime::Program;

namespace {

void expect(Error error, const std::string& expected, const std::string& path) {
  if (error == Error::Ok) return;
  throw Refusal{expected, path + ": " + executorch::runtime::to_string(error) + last_complaint(), "export it again"};
}

// Opens `path` for reading and returns its size in bytes. A folder opens without an error, so it is tested for.
size_t open_whole(const std::string& path, std::ifstream& stream) {
  std::error_code error;
  const bool folder = std::filesystem::is_directory(path, error);
  stream.open(path, std::ios::binary);
  if (folder || !stream)
    throw Refusal{"a file that can be read", path + ": " + std::strerror(folder ? EISDIR : errno), "check the path"};
  return std::filesystem::file_size(path);
}

void write_whole(const std::string& path, const void* data, size_t size) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(static_cast<const char*>(data), static_cast<std::streamsize>(size));
  stream.close();
  if (!stream)
    throw Refusal{"room for " + std::to_string(size) + " bytes", path + ": " + std::strerror(errno),
                  "free some space, or check the folder"};
}

}  // namespace

Model::Model(const Subject& subject, bool trace) : path_(subject.model) {
  std::ifstream readable;
  open_whole(path_, readable);
  readable.close();
  const Stopwatch watch;
  auto generator = trace ? std::make_unique<ETDumpGen>() : nullptr;
  trace_ = generator.get();
  module_ = std::make_unique<Module>(path_, Module::LoadMode::Mmap, std::move(generator));
  expect(module_->load(Program::Verification::InternalConsistency), "a .pte that this runtime can load", path_);
  expect(module_->load_forward(), "a .pte whose operators and delegates this runner has", path_);
  load_ms_ = watch.ms();
  check_signature();
  read_input(subject.input);
}

void Model::check_signature() {
  const auto meta = module_->method_meta("forward");
  expect(meta.error(), "a .pte with a method named forward", path_);
  const auto input = meta->num_inputs() == 1 ? meta->input_tensor_meta(0)
                                             : decltype(meta->input_tensor_meta(0))(Error::InvalidArgument);
  if (!input.ok() || input->scalar_type() != executorch::aten::ScalarType::Float) {
    throw Refusal{"a model that takes one float32 tensor", path_ + " takes another", "export it with mobileseg"};
  }
  sizes_.assign(input->sizes().begin(), input->sizes().end());
  pixels_.resize(input->nbytes() / sizeof(float));
}

void Model::read_input(const std::string& path) {
  std::ifstream stream;
  const size_t size = open_whole(path, stream), wanted = pixels_.size() * sizeof(float);
  std::string shape;
  for (const auto side : sizes_) shape += (shape.empty() ? "" : "x") + std::to_string(side);
  if (size != wanted) {
    throw Refusal{std::to_string(wanted) + " bytes of float32 " + shape + " for " + path_,
                  std::to_string(size) + " bytes in " + path, "write the input in the model's own shape"};
  }
  stream.read(reinterpret_cast<char*>(pixels_.data()), static_cast<std::streamsize>(wanted));
  if (!stream) throw Refusal{"an input that can be read", path + ": " + std::strerror(errno), "check the disk"};
  tensor_ = executorch::extension::from_blob(pixels_.data(), sizes_);
}

void Model::set_input() {
  expect(module_->set_input(executorch::runtime::EValue(tensor_), 0), "a model that takes its input", path_);
}

void Model::execute() {
  auto outputs = module_->forward();
  expect(outputs.error(), "a model that runs", path_);
  outputs_ = std::move(*outputs);
}

double Model::run() {
  set_input();
  const Stopwatch watch;
  execute();
  return watch.ms();
}

void Model::write_outputs(const std::string& folder, size_t index) const {
  for (size_t i = 0; i < outputs_.size(); i++) {
    if (!outputs_[i].isTensor()) continue;
    const auto tensor = outputs_[i].toTensor();
    write_whole(folder + "/" + std::to_string(index) + "." + std::to_string(i) + ".bin", tensor.const_data_ptr(),
                tensor.nbytes());
  }
}

void Model::write_trace(const std::string& path) {
  const auto result = trace_->get_etdump_data();
  if (result.buf == nullptr) throw Refusal{"a trace of the runs", "none from the runtime", "run without --profile"};
  const std::unique_ptr<void, decltype(&std::free)> owned(result.buf, &std::free);
  write_whole(path, result.buf, result.size);
}
