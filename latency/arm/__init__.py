"""The runner for ARM Linux and Android, its build, and the plugin that counts instructions under QEMU."""
