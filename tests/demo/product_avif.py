"""Makes product.avif, a product photo in a format that the other fixtures cannot be encoded in.

Glasses of the catalogue on light grey. Needs Pillow 11.3 or later:

    python3 tests/demo/product_avif.py
"""

from pathlib import Path

from PIL import Image

folder = Path(__file__).parent
glasses = Image.open(folder / "../../www/public/gallery/glasses/harbour.png").convert("RGBA")
glasses = glasses.resize((480, round(480 * glasses.height / glasses.width)), Image.Resampling.LANCZOS)
photo = Image.new("RGBA", (600, 320), (240, 240, 240, 255))
photo.alpha_composite(glasses, ((600 - glasses.width) // 2, (320 - glasses.height) // 2))
photo.convert("RGB").save(folder / "product.avif", quality=60)
