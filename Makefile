# demo, test, lint: each creates .venv and installs what it needs. Requires only Python 3.11+ and make.
#
# The torch on PyPI is the CUDA build, 5 GB unpacked. PyTorch's own index has a smaller CPU build:
#   make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu

PYTHON ?= python3
TORCH_INDEX ?=
VENV := .venv
BIN := $(VENV)/bin
UV := $(VENV)/uv/bin/uv
# Without bytecode files, importing torch, torchao and executorch takes twice as long, in every command and every test.
unexport PYTHONDONTWRITEBYTECODE
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
DEMO := demo

.PHONY: demo test test-thorough test-fast lint types docs format results foreign samples street-set render-env arm-runner arm-cost android android-assets android-format android-speed android-tools dist clean

$(UV):
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mobileseg needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(PYTHON) -m venv $(VENV)/uv
	$(VENV)/uv/bin/pip install --quiet --disable-pip-version-check uv

$(VENV)/installed: $(UV) pyproject.toml constraints.txt
	$(if $(TORCH_INDEX),$(UV) pip install --quiet --constraint constraints.txt --index-url $(TORCH_INDEX) torch)
	$(UV) pip install --quiet --constraint constraints.txt --group dev --editable '.[all,tensorflow]'
	touch $@

demo: $(VENV)/installed
	$(BIN)/python tools/demo.py $(DEMO)

test: $(VENV)/installed
	$(BIN)/python tools/arm_runner.py --if-possible
	$(BIN)/python tools/browser.py --if-possible
	$(BIN)/python tools/older_onnxruntime.py --if-possible
	$(BIN)/python -m pytest -m "not thorough"

# What is left out above: the same for more networks, files and sizes.
test-thorough: $(VENV)/installed
	$(BIN)/python tools/arm_runner.py --if-possible
	$(BIN)/python -m pytest -m thorough

test-fast: $(VENV)/installed
	$(BIN)/python -m pytest -m "not slow and not thorough"

# Neither mypy nor the documentation's reader of code follows setuptools' package-dir: both see a copy with export/ and latency/
# in their places.
types:
	rm -rf build/types && mkdir -p build/types
	cp -R mobileseg build/types/ && cp -R export latency build/types/mobileseg/

lint: $(VENV)/installed types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	cd build/types && $(CURDIR)/$(BIN)/mypy --config-file ../../pyproject.toml -p mobileseg

# The site, in build/site: open build/site/index.html. Warnings are errors.
docs: $(VENV)/installed types
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

format: $(VENV)/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Measures latency again and writes README's table and docs/results.md: an hour on a quiet machine. Accuracy needs labelled images, which
# the project does not ship: python benchmarks/accuracy.py street=build/street-v1 camvid11=FOLDER
results: $(VENV)/installed
	$(BIN)/python benchmarks/zoo.py
	$(BIN)/python benchmarks/mask.py
	$(BIN)/python benchmarks/class_map.py
	$(BIN)/python benchmarks/readme.py

# Networks of other packages, exported plainly and by mobileseg (it resumes), and what each rewrite does: results/foreign.json,
# results/rewrites.json and the tables in docs/guides/network.md.
foreign: $(VENV)/installed
	$(BIN)/python benchmarks/foreign.py
	$(BIN)/python benchmarks/rewrites.py

# Street scenes, rendered in an environment of their own (tools/render/README.md). Both resume an interrupted run.
RENDER = $$($(BIN)/python tools/render_environment.py)
SAMPLES := mobileseg/data/samples
samples: render-env
	$(RENDER) tools/render/samples.py $(SAMPLES)

street-set: render-env
	$(RENDER) tools/render/render.py build/street-v1 --scenes 250 --views 6 --seed 1 --split

render-env: $(VENV)/installed
	$(BIN)/python tools/render_environment.py

# The runner for ARM Linux and Android as a folder, built with Debian's cross compiler (installed if run as root) and the aarch64
# wheel of ExecuTorch; cached by content.
arm-runner: $(VENV)/installed
	$(BIN)/python tools/arm_runner.py --output build/arm

# Counts the zoo on emulated ARM cores: results/arm_cost.json, docs/arm_cost.md.
arm-cost: $(VENV)/installed
	$(BIN)/python tools/arm_runner.py
	$(BIN)/python benchmarks/arm_cost.py

# The app's check build: Kotlin, resources, tests on real runtimes, a signed APK. Debian packages are installed if run as root.
# Nothing is skipped: a missing part is a failure.
android: $(VENV)/installed android-tools
	cd android_demo && MAVEN_OPTS="-Xmx1g -XX:TieredStopAtLevel=1 -XX:+UseSerialGC" mvn --batch-mode -T1 verify -Dpython=$(CURDIR)/$(BIN)/python

# What the app does to a frame beside the model, before and now, timed by JMH in turns: ten minutes on a quiet machine.
android-speed: android-tools
	cd android_demo && mvn --batch-mode -Pspeed --projects checks/speed --also-make process-classes -DskipTests
	$(BIN)/python benchmarks/app_frames.py

android-format: android-tools
	cd android_demo && mvn --batch-mode --projects app --also-make compile -Dstyle=-

android-tools: $(VENV)/installed
	$(BIN)/python tools/android_tools.py

# The app's bundled models: seaformer-tiny, float32 and int8.
ASSETS := android_demo/app/src/main/assets/artifacts
android-assets: $(VENV)/installed
	mkdir -p $(ASSETS)
	cd $(ASSETS) && $(CURDIR)/$(BIN)/mobileseg export seaformer-tiny --target executorch --precision float32 --force
	cd $(ASSETS) && $(CURDIR)/$(BIN)/mobileseg export seaformer-tiny --target executorch --int8 --force

# The package, and the ARM runner as a wheel of its own, mobileseg-arm-runner, for hosts that cannot build it.
dist: $(VENV)/installed
	PATH=$(CURDIR)/$(VENV)/uv/bin:$$PATH $(BIN)/python -m build --installer uv
	PATH=$(CURDIR)/$(VENV)/uv/bin:$$PATH $(BIN)/python tools/arm_wheel.py dist --if-possible

clean:
	rm -rf $(VENV) build dist $(DEMO) *.egg-info android_demo/target android_demo/*/target android_demo/checks/*/target
